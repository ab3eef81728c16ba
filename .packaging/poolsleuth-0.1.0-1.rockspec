-- `luarocks --lua-version 5.4 make .packaging/poolsleuth-0.1.0-1.rockspec` at the top of the sources.
-- luafilesystem, argparse, dkjson and lrexlib-pcre2 are needed too; they are not named as dependencies, because
-- luarocks would fetch them again where Debian's packages have put them.
rockspec_format = "3.0"
package = "poolsleuth"
version = "0.1.0-1"
source = { url = "." }
description = {
  summary = "Name the driver that leaks Windows kernel pool memory",
  detailed = "Readers of poolmon snapshots, debugger output, crash dumps and driver files, and the library that "
    .. "playbooks are written in.",
  license = "MIT",
}
dependencies = { "lua >= 5.4, < 5.5" }
external_dependencies = { SQLITE = { header = "sqlite3.h" }, OPENSSL = { header = "openssl/evp.h" },
                          ZYDIS = { header = "Zydis/Zydis.h" } }
build = {
  type = "make",
  build_target = "all",
  install_target = "install-lua",
  install_variables = { LUALIB = "$(LIBDIR)", LUADIR = "$(LUADIR)" },
}
