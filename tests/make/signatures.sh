#!/usr/bin/env bash
# signatures.sh DRIVER FOLDER - signs a driver in every way that its judge must tell apart, with openssl and
# osslsigncode.  Nothing is fetched: the stamping authority is a local key.  Writes into FOLDER:
#   root.pem   what all of them lead to, but selfsigned.sys and the second signature of nested.sys
#   good sha1 paged nested stamped late expired tester selfsigned tampered, each .sys
set -euo pipefail
driver=$(realpath "$1")
mkdir -p "$2"
cd "$2"

key() { openssl genrsa -out "$1.key" 2048 2>/dev/null; }

cat >ca.cnf <<'END'
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
organizationName = optional
commonName = supplied
END
: >index.txt

# authority NAME "Common Name": one that vouches for itself
authority() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/O=Tests/CN=$2" -out "$1.csr"
  printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >"$1.ext"
  openssl ca -batch -notext -config ca.cnf -selfsign -keyfile "$1.key" -in "$1.csr" -out "$1.pem" \
    -extfile "$1.ext" -startdate 20000101000000Z -enddate 20400101000000Z 2>/dev/null
}

# certificate NAME "Common Name" USAGES FROM TO
certificate() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/O=Tests/CN=$2" -out "$1.csr"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\n' "$3" >"$1.ext"
  openssl ca -batch -notext -config ca.cnf -cert root.pem -keyfile root.key -in "$1.csr" -out "$1.pem" \
    -extfile "$1.ext" -startdate "$4" -enddate "$5" 2>/dev/null
}

# sign NAME CERTIFICATE [options]
sign() {
  local name=$1 by=$2
  shift 2
  rm -f "$name.sys"
  osslsigncode sign -certs "$by.pem" -key "$by.key" -ac root.pem -h sha256 "$@" \
    -in "${from:-$driver}" -out "$name.sys" >/dev/null
}

authority root "Tests Root"
certificate signer "Acme Inc." codeSigning,1.3.6.1.4.1.311.10.3.5.1 20200101000000Z 20400101000000Z
certificate old "Bygone Ltd" codeSigning 20100101000000Z 20120101000000Z
certificate tester "WDKTestCert acme" codeSigning 20200101000000Z 20400101000000Z
certificate stamper "Tests Time" critical,timeStamping 20000101000000Z 20400101000000Z
key itself
openssl req -x509 -new -key itself.key -out itself.pem -subj "/CN=Myself" -days 3650 \
  -addext extendedKeyUsage=codeSigning

# shellcheck disable=SC2046
stamp() { printf '%s\n' -TSA-certs stamper.pem -TSA-key stamper.key -TSA-time "$1"; }
sign good signer -n "Acme filter"
sign sha1 signer -h sha1
sign paged signer -ph
from=$PWD/good.sys sign nested itself -nest
sign expired old
sign selfsigned itself
sign tester tester
sign stamped old $(stamp 1300000000)
sign late old $(stamp 1700000000)
{ head -c $((0x3f0)) good.sys; printf '\x90'; tail -c +$((0x3f2)) good.sys; } >tampered.sys
