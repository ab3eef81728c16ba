std = "lua54"
max_line_length = 110
unused_secondaries = true
files["tests/**/*_spec.lua"] = { std = "lua54+busted" }
files["plugins/**/*_spec.lua"] = { std = "lua54+busted" }
files["tests/fixtures/text/*"] = { max_line_length = false }
