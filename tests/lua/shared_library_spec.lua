--- The library serves everybody: a function that one playbook alone calls is a word of the guide, which
-- others may use as well, or it does not belong there.
local tree = require "tests.lua.support.tree"

local guide = tree.read "scripts/README.md"

local texts, playbooks = {}, {}
for _, folder in ipairs { "lua", "scripts", "plugins" } do
  for _, path in ipairs(tree.files(folder, "%.lua$")) do
    if not path:find "%.test%.lua$" then texts[path] = tree.read(path) end
  end
end
for path in pairs(texts) do
  if path:find "^scripts/playbooks/" then playbooks[#playbooks + 1] = path end
end

-- What a file calls a module that it requires.
local function alias_of(text, module)
  local name = module:gsub("%p", "%%%0")
  return text:match('local ([%w_]+)%s+=%s*require "poolsleuth%.' .. name .. '"')
    or text:match('local ([%w_]+)%s+<const>%s+=%s*require "poolsleuth%.' .. name .. '"')
    or (text:find('require%(?%s*"poolsleuth%.' .. name .. '"') and "%)")
end

local function count(text, pattern)
  local _, times = text:gsub(pattern, "")
  return times
end

-- Does a text use a function of a module, or a method of that name?
local function uses(text, module, name, is_method)
  if is_method then return count(text, "[:.]" .. name .. "%f[^%w_]") > 0 end
  local alias = alias_of(text, module)
  return alias and count(text, "%f[%w_%)]" .. alias .. "%." .. name .. "%f[^%w_]") > 0
end

-- The playbook that is the only user of a public function, if one is.
local function only_user(path, module, name, is_method)
  if count(texts[path], "[:.]" .. name .. "%f[^%w_]") > 1 then return nil end
  local found
  for other, text in pairs(texts) do
    if other ~= path and uses(text, module, name, is_method) then
      if found or not other:find "^scripts/playbooks/" then return nil end
      found = other
    end
  end
  return found
end

-- Is it in the guide's table of what there is to ask?
local function is_taught(module, name, is_method)
  if is_method then return guide:find("[:.]" .. name .. "%f[^%w_]") ~= nil end
  return guide:find("%f[%w_]" .. module .. "%." .. name .. "%f[^%w_]") ~= nil
end

describe("the library", function()
  it("has no function that serves one playbook alone", function()
    local found = {}
    for path, text in pairs(texts) do
      local module = path:match "^lua/poolsleuth/([%w_]+)%.lua$"
      local own = text:match "\nreturn ([%w_]+)%s*$" or text:match "\nreturn setmetatable%(([%w_]+)"
      for owner, mark, name in (module and text or ""):gmatch "\nfunction ([%w_]+)([.:])([%w_]+)" do
        local is_method = mark == ":" or owner ~= own
        local user = only_user(path, module, name, is_method)
        if user and not is_taught(module, name, is_method) then
          found[#found + 1] = ("%s: %s serves %s alone"):format(path, name, user)
        end
      end
    end
    table.sort(found)
    assert.same({}, found)
  end)

  it("leaves nothing to playbooks that parses bytes, prints, or ends the program", function()
    local found = {}
    for _, path in ipairs(playbooks) do
      for _, word in ipairs { "io%.", "print%(", "os%.exit", "string%.unpack", "debug%." } do
        if texts[path]:find("%f[%w]" .. word) then found[#found + 1] = path .. " uses " .. word end
      end
    end
    assert.same({}, found)
  end)
end)
