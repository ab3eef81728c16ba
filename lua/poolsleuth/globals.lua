--- The arguments that every command takes, before its name or after it.
-- @module poolsleuth.globals
return {
  { name = "format", type = "string", flag = "--format", metavar = "FORMAT",
    choices = { "text", "json", "csv", "markdown", "html" }, about = "how the answer is written" },
  { name = "json", type = "boolean", flag = "--json", about = "short for --format json" },
  { name = "csv", type = "boolean", flag = "--csv", about = "short for --format csv" },
  { name = "output", type = "path", flag = { "-o", "--output" }, about = "write the answer to this file" },
  { name = "tagfiles", type = "path", flag = "--tagfile", many = true,
    about = "a pooltag.txt of yours" },
  { name = "overlays", type = "path", flag = "--knowledge", many = true,
    about = "a Lua file with knowledge of your own" },
  { name = "strict", type = "boolean", flag = "--strict",
    about = "end in 65 where anything was refused or is ambiguous" },
  { name = "scripts", type = "path", flag = "--scripts", many = true, metavar = "DIR",
    about = "look for scripts here first" },
  { name = "trust_user_scripts", type = "boolean", flag = "--trust-user-scripts",
    about = "let root run scripts from the user's folder" },
  { name = "no_cache", type = "boolean", flag = "--no-cache",
    about = "scan drivers anew and keep nothing of it" },
  { name = "help", type = "boolean", flag = { "-h", "--help" }, about = "explain the command" },
  { name = "version", type = "boolean", flag = { "-V", "--version" }, about = "print the version" },
}
