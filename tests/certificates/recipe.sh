#!/usr/bin/env bash
# Makes authority.pem, and what it signs, anew; the tests need nothing of it but the files.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat > "$scratch/settings" << END
[ca]
default_ca = tests
[tests]
database = $scratch/index
new_certs_dir = $scratch
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END
touch "$scratch/index"

make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$scratch/$1.key"; }

# What is signed, by whom, until when, and with which extensions.
certify() {
  openssl req -new -key "$scratch/$1.key" -subj "/CN=secondme-magics tests: $1" -out "$scratch/$1.csr"
  printf '%b' "$4" > "$scratch/$1.extensions"
  openssl ca -batch -notext -config "$scratch/settings" -keyfile "$scratch/authority.key" $2 \
    -startdate 20200101000000Z -enddate "$3" -extfile "$scratch/$1.extensions" \
    -in "$scratch/$1.csr" -out "$scratch/$1.crt"
}

never=21200101000000Z
of_ours='subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n'
of_another='subjectAltName=DNS:elsewhere.example\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n'
of_authority='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n'

make_key authority
certify authority -selfsign "$never" "$of_authority"
cp "$scratch/authority.crt" authority.pem
sign() {
  make_key "$1"
  certify "$1" "-cert authority.pem" "$2" "$3"
  cat "$scratch/$1.key" "$scratch/$1.crt" > "$1.pem"
}
sign signed "$never" "$of_ours"
sign signed-elsewhere "$never" "$of_another"
sign signed-expired 20200201000000Z "$of_ours"
