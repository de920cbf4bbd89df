"""What was asked in a kernel's conversation: as the server got it, and as the turns it has now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripted_server import Request, Step, chunk, done, event, sse

if TYPE_CHECKING:
    from kernels import RunningKernel
    from scripted_server import ScriptedServer

PROMPTS = "print([(t.number, t.prompt, t.reply.text) for t in talk().turns])"
TALK = (
    "from IPython import get_ipython\n"
    "magics = get_ipython().magics_manager.registry['SecondMeMagics']\n"
    "def talk(): return magics.state.conversations.talk()"
)


def echo(request: Request) -> list[Step]:
    """Answer with the prompt and how many messages came."""
    messages = sent(request)
    prompt = messages[-1][1]
    if prompt == "fail":
        return sse(chunk("half"), event({"error": {"message": "out of memory"}}), done)
    return sse(chunk(f"{prompt}/{len(messages)}"), chunk(finish_reason="stop"), done)


def sent(request: Request) -> list[tuple[str, str]]:
    messages: Any = request.json()["messages"]
    return [(each["role"], each["content"]) for each in messages]


def prompts(server: ScriptedServer, number: int = -1) -> list[str]:
    """Return what the user says in a request."""
    return prompts_of(server.requests[number])


def prompts_of(request: Request) -> list[str]:
    return [content for role, content in sent(request) if role == "user"]


def turns(kernel: RunningKernel) -> Any:  # noqa: ANN401 - what the kernel printed
    return eval(kernel.run(f"{TALK}\n{PROMPTS}").text)  # noqa: S307 - what our own line printed


def ask_three(kernel: RunningKernel) -> None:
    for cell in ("one", "two", "three"):
        kernel.run(f"%%secondme\n{cell}", cell_id=cell)
