// The head of a panel: who answers, which conversation, as whom, and how.

class Header {
  constructor(panel) {
    this.panel = panel;
    const { words } = panel;
    this.dot = make("span", { class: "smp-dot", role: "img" });
    this.name = make("span", { class: "smp-name", dir: "auto" });
    this.demo = make("span", { class: "smp-pill", text: words.demo, hidden: true });
    this.who = make("div", { class: "smp-whose" }, this.dot, this.name, this.demo);
    this.menus = {
      conversations: this.menu("chevron", words.conversation, "fillConversations", "smp-wide smp-chevron"),
      role: this.menu("role", words.role, "fillRoles", "smp-wide", () => this.askForRoles()),
      settings: this.menu("settings", words.settings, "fillSettings"),
      more: this.menu("more", words.more, "fillMore"),
    };
    this.element = make(
      "div",
      { class: "smp-header" },
      this.who,
      this.menus.conversations.element,
      make("span", { class: "smp-space" }),
      this.menus.role.element,
      this.menus.settings.element,
      iconButton("plus", words.newConversation, () => panel.send("new")),
      this.menus.more.element,
    );
  }

  menu(name, label, fill, look, opened) {
    return new Menu(this.panel, { name, label, look, opened, fill: (menu) => this[fill](menu) });
  }

  draw(store) {
    const { head, status } = store;
    const { words } = this.panel;
    setText(this.name, head.instance.name);
    setHidden(this.demo, !head.instance.is_demo || head.instance.name === "demo");
    this.who.title = head.instance.origin || head.instance.name;
    const said = { idle: words.idle, answering: words.answering, stopping: words.stopping }[status];
    this.dot.className = `smp-dot smp-${store.isGone ? "dead" : status}`;
    setLabel(this.dot, store.isGone ? words.dead : said);
    setText(this.menus.conversations.text, head.conversation);
    setHidden(this.menus.role.element, !head.instance.is_second_me);
    setText(this.menus.role.text, this.roleName(head) ?? "");
    this.drawMenus(head);
  }

  /** Draws the menus that have changed; another instance has other roles. */
  drawMenus(head) {
    const { conversations, role, settings, more } = this.menus;
    conversations.drawIfNew([head.conversation, head.conversations]);
    role.drawIfNew([head.roles, head.role]);
    settings.drawIfNew([head.settings, head.instance.is_second_me]);
    more.drawIfNew([head.can_undo, head.can_bring_back]);
    if (role.isOpen && this.asked !== JSON.stringify(head.instance)) this.askForRoles();
  }

  get head() {
    return this.panel.store.head;
  }

  roleName({ roles, role }) {
    return roles?.find((each) => each.id === role)?.name ?? role;
  }

  chooser(menu, kind, fields) {
    return () => {
      menu.close();
      this.panel.send(kind, fields);
    };
  }

  fillConversations(menu) {
    const { words } = this.panel;
    const { conversation, conversations } = this.head;
    const names = conversations.includes(conversation) ? conversations : [conversation, ...conversations];
    return [
      menuTitle(words.conversations),
      make(
        "div",
        { class: "smp-choices" },
        ...names.map((name) =>
          menuItem(name, this.chooser(menu, "use", { conversation: name }), { isCurrent: name === conversation }),
        ),
      ),
      menuLine(),
      menuItem(words.newConversation, this.chooser(menu, "new")),
      this.renaming(menu),
    ];
  }

  renaming(menu) {
    const { words } = this.panel;
    const input = make("input", { type: "text", class: "smp-input", "aria-label": words.name, maxlength: "80" });
    input.defaultValue = this.head.conversation;
    const save = () => {
      const name = input.value.trim();
      menu.close();
      if (name && name !== this.head.conversation) this.panel.send("rename", { conversation: name });
    };
    listenToKeys(input, { send: save, leave: () => menu.close() });
    return make(
      "div",
      { class: "smp-rename" },
      input,
      wordButton(words.rename, save),
    );
  }

  fillRoles(menu) {
    const { words } = this.panel;
    const { roles, role } = this.head;
    if (roles === null) return this.fillMissingRoles();
    const choices = [{ id: null, name: words.noRole }, ...roles];
    return [
      menuTitle(words.role),
      make(
        "div",
        { class: "smp-choices" },
        ...choices.map(({ id, name }) =>
          menuItem(name, this.chooser(menu, "set", { role: id }), { isCurrent: id === role }),
        ),
      ),
    ];
  }

  /** Says that the roles are on their way, or why they are not. */
  fillMissingRoles() {
    const { words } = this.panel;
    const title = menuTitle(words.role);
    if (!this.noRoles) return [title, make("div", { class: "smp-quiet smp-item", text: words.loading })];
    const again = wordButton(words.retry, () => this.askForRoles());
    return [title, troubleCard(this.noRoles, [again], false)];
  }

  /** Asks for the roles, also where some are known: they may be others by now. */
  askForRoles() {
    this.asked = JSON.stringify(this.head.instance);
    this.noRoles = null;
    this.askedAt = performance.now();
    if (!this.panel.send("roles")) this.noRoles = { what: this.panel.words.dead, hint: "" };
    this.menus.role.draw();
  }

  refuseRoles({ what, hint }) {
    this.noRoles = { what, hint };
    this.menus.role.draw();
  }

  /** Says once that no roles have come for long. */
  tick() {
    if (!this.menus.role.isOpen || this.head.roles !== null || this.noRoles) return;
    const isLong = performance.now() - this.askedAt > LONG_SILENCE;
    if (isLong) this.refuseRoles({ what: this.panel.words.unheardRoles, hint: "" });
  }

  fillSettings() {
    const { words } = this.panel;
    const { temperature, max_tokens, l0, l1 } = this.head.settings;
    const isSecondMe = this.head.instance.is_second_me;
    const set = (name) => (value) => this.panel.send("set", { [name]: value });
    const refuse = (why) => this.panel.say(why);
    const names = [words.serverDecides, words.on, words.off];
    const placeholder = words.serverDecides;
    return [
      menuTitle(words.settings),
      numberField(words.temperature, temperature, {
        change: set("temperature"), refuse, placeholder, min: "0", max: isSecondMe ? "1" : "2", step: "any",
      }),
      ...(isSecondMe
        ? [
            choiceField(words.l0, l0, { change: set("l0"), names }),
            choiceField(words.l1, l1, { change: set("l1"), names }),
          ]
        : []),
      numberField(words.maxTokens, max_tokens, {
        change: set("max_tokens"), refuse, placeholder, min: "1", step: "1",
      }),
    ];
  }

  fillMore(menu) {
    const { words } = this.panel;
    const { can_undo, can_bring_back, version } = this.head;
    const item = (label, kind, fields, options) => menuItem(label, this.chooser(menu, kind, fields), options);
    const exporting = (format, name) =>
      menuItem(words.exportAs(name), () => {
        menu.close();
        this.panel.exportAs(format);
      });
    return [
      item(words.undo, "undo", {}, { isDisabled: !can_undo }),
      can_bring_back
        ? item(words.bringBack, "bring_back")
        : item(words.clear, "clear", {}, { isDisabled: !can_undo }),
      menuLine(),
      exporting("md", "Markdown"),
      exporting("html", "HTML"),
      exporting("json", "JSON"),
      ...(version ? [menuLine(), make("div", { class: "smp-menu-title", text: `secondme-magics ${version}` })] : []),
    ];
  }
}
