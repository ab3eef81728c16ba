--- Checks JSON documents against written-down shapes, independently of the program that writes them.
-- A shape is "string", "integer", "number", "boolean", "address" or "tag_hex", with "?" behind it
-- where null is allowed; { of = shape } is an array; a table of names is an object, in which every
-- named field must be present and others may be.
local schema = {}

local plain = {}

function plain.string(value) return type(value) == "string" end
function plain.integer(value)
  local meta = getmetatable(value)
  return math.type(value) == "integer" or (meta ~= nil and meta.__name == "json.unsigned")
end
function plain.number(value) return type(value) == "number" end
function plain.boolean(value) return type(value) == "boolean" end
function plain.address(value) return type(value) == "string" and value:find "^0x%x+$" ~= nil end
function plain.tag_hex(value) return type(value) == "string" and value:find "^%x%x%x%x%x%x%x%x$" ~= nil end
function plain.pool(value) return value == "nonpaged" or value == "paged" end
function plain.any() return true end

local function is_null(value)
  return tostring(value) == "null" and type(value) == "table"
end

local check

local function check_array(value, shape, at)
  if type(value) ~= "table" or is_null(value) then return at .. ": no array" end
  for i, item in ipairs(value) do
    local wrong = check(item, shape.of, ("%s[%d]"):format(at, i))
    if wrong then return wrong end
  end
  for key in pairs(value) do
    if math.type(key) ~= "integer" then return at .. ": an object, not an array" end
  end
end

local function check_object(value, shape, at)
  if type(value) ~= "table" or is_null(value) then return at .. ": no object" end
  for name, field in pairs(shape) do
    if value[name] == nil then return ("%s.%s: missing"):format(at, name) end
    local wrong = check(value[name], field, at .. "." .. name)
    if wrong then return wrong end
  end
end

function check(value, shape, at)
  if type(shape) == "string" then
    local name, optional = shape:match "^([%w_]+)(%??)$"
    if optional == "?" and is_null(value) then return nil end
    if plain[name](value) then return nil end
    return ("%s: %s expected, got %s"):format(at, shape, tostring(value))
  end
  if shape.optional and is_null(value) then return nil end
  if shape.optional then shape = shape.optional end
  if shape.of then return check_array(value, shape, at) end
  return check_object(value, shape, at)
end

local problem <const> = { severity = "string", text = "string", line = "integer?", source = "string?" }

local row <const> = {
  tag = "string", tag_hex = "tag_hex", pool = "pool", session = "any", allocs = "integer?",
  frees = "integer?", diff = "integer?", bytes = "integer?", per_alloc = "integer?",
  flags = { of = "string" },
}

local snapshot <const> = {
  time = "string?", host = "string?", uptime_s = "integer?", memory = { optional = {
    nonpaged_bytes = "integer?", paged_bytes = "integer?", nonpaged_limit_bytes = "integer?",
    paged_limit_bytes = "integer?", physical_bytes = "integer?", available_bytes = "integer?" } },
  rows = { of = row },
}

local memory_module <const> = {
  name = "string", path = "string?", base = "address", size = "integer", timestamp = "integer?",
}

local command <const> = {
  command = "string", word = "string", lines = { of = "string" }, error = "string?",
  target = { optional = { container = "string", bits = "integer?", build = "integer?" } },
  bugcheck = { optional = { code = "address", name = "string?", parameters = { of = "address" } } },
  vm = { optional = { nonpaged_bytes = "integer?", paged_bytes = "integer?" } },
  poolused = { optional = { of = {
    tag = "string", tag_hex = "tag_hex", pool = "pool", allocs = "integer?", diff = "integer?",
    bytes = "integer?" } } },
  modules = { optional = { of = memory_module } }, unloaded = { optional = { of = memory_module } },
  module = { optional = memory_module },
  symbols = { optional = { of = { module = "string", name = "string?", address = "address" } } },
  imports = { optional = { of = { name = "string?", slot = "address", target = "address?" } } },
  pointers = { optional = { of = { address = "address", value = "address", symbol = "string?" } } },
  search = { optional = { physical = "boolean", more = "boolean", hits = { of = { address = "address" } } } },
  image = { optional = { machine = "integer", sections = { of = { name = "string", rva = "address" } } } },
  translation = { optional = { address = "address", held = "boolean", missing = "string?" } },
  place = { optional = { address = "address", module = "string?" } },
  value = "address?", text = "string?",
}

local block <const> = {
  address = "address", size = "integer?", previous_size = "integer?", tag = "string?", tag_hex = "tag_hex?",
  pool = "string?", state = "string", protected = "boolean", marked = "boolean", caller = "string?",
  caller_address = "address?", note = "string?", origin = "string", source = "string?", line = "integer",
}

local sums <const> = { of = { tag = "string", tag_hex = "tag_hex", pool = "string?", diff = "integer",
                              bytes = "integer" } }

local suspect <const> = {
  driver = "string?", path = "string?", file_version = "string?", company = "string?", score = "number?",
  reasons = { of = "string" },
}

-- An item of a list: the fields of all, and its own, any of which may be unknown.
local function item(fields)
  local shape = {
    host = "string?", time = "string?", origin = "string", source = "string?", line = "integer",
  }
  for kind, names in pairs(fields) do
    for name in names:gmatch "%S+" do shape[name] = kind .. "?" end
  end
  return { of = shape }
end

local pool_course <const> = {
  pool = "pool", first_bytes = "integer?", last_bytes = "integer?", limit_bytes = "integer?",
  slope_bytes_per_hour = "number?", low = "number?", high = "number?",
}

--- The data of each kind, as the interface promises it.
schema.kinds = {
  handles = { handles = item { string = "process type", integer = "pid count" } },
  services = { services = item {
    string = "name display_name type state start path group", integer = "tag exit_code" } },
  events = { events = item {
    string = "provider log level text", integer = "id", boolean = "zoned", any = "parameters" } },
  loggers = { loggers = item { string = "name type state mode file",
    integer = [[
      id buffers buffer_bytes minimum maximum free_buffers buffers_written buffers_lost events_lost
      nonpaged_bytes paged_bytes]] } },
  marks = { marks = item { string = "until reason pool text", integer = "count" } },
  hives = { hives = item { string = "path", integer = "bytes volatile_bytes" } },
  files = { files = item { string = [[
    path verified signed_at linked_at publisher company description product version product_version machine
    md5 sha1 sha256 imphash detections]] } },
  blocks = { blocks = { of = block }, tags = sums },
  modules = { modules = { of = {
    name = "string", path = "string?", base = "address?", ["end"] = "address?", size = "integer?",
    state = "string?", unloaded = "boolean", altitude = "string?", instances = "integer?",
    timestamp = "integer?", checksum = "address?", version = "string?", company = "string?",
    display = "string?", origin = "string", source = "string?", line = "integer" } } },
  processes = { processes = { of = {
    time = "string?", host = "string?", id = "integer?", name = "string", user = "string?",
    session = "integer?", handles = "integer?", threads = "integer?", nonpaged_bytes = "integer?",
    paged_bytes = "integer?", working_set_bytes = "integer?", page_file_bytes = "integer?",
    commit_bytes = "integer?", gdi_objects = "integer?", user_objects = "integer?", exited = "boolean?",
    origin = "string",
    source = "string?", line = "integer" } } },
  verifier = { blocks = { of = block }, tags = sums, drivers = { of = {
    driver = "string", state = "string?", loads = "integer?", unloads = "integer?",
    nonpaged_allocs = "integer?", nonpaged_bytes = "integer?", paged_allocs = "integer?",
    paged_bytes = "integer?", peak_nonpaged_allocs = "integer?", peak_nonpaged_bytes = "integer?",
    peak_paged_allocs = "integer?", peak_paged_bytes = "integer?", leaked_allocs = "integer?",
    leaked_bytes = "integer?", origin = "string", source = "string?", line = "integer" } } },
  dump = { path = "string", commands = { of = command } },
  snapshot = snapshot,
  snapshots = { snapshots = { of = snapshot } },
  diff = {
    interval_s = "number?", reboot = "boolean",
    rows = { of = {
      tag = "string", tag_hex = "tag_hex", pool = "pool", d_allocs = "integer?", d_frees = "integer?",
      d_diff = "integer?", d_bytes = "integer?", bytes_per_hour = "number?", freed_ratio = "number?",
      state = "string" } },
  },
  drivers = { drivers = { of = {
    path = "string", sha256 = "string?", machine = "string", timestamp = "integer?",
    version = { company = "string?", product = "string?", description = "string?", file_version = "string?" },
    pdb = { optional = { path = "string", guid = "string?", age = "integer?" } },
    imports = { of = { dll = "string", names = { of = "string" } } },
    sites = { of = {
      tag = "string?", tag_hex = "tag_hex?", api = "string", rva = "address", ["function"] = "address?",
      pool = "pool?", size = "integer?", argument = "integer?", confidence = "string", reason = "string?",
      via = { of = "address" } } },
    problems = { of = problem },
  } } },
  tag = { tags = { of = {
    tag = "string", tag_hex = "tag_hex",
    sources = { of = { kind = "string", text = "string", where = "string?" } },
    suspects = { of = suspect },
  } } },
  verdict = { findings = { of = {
    verdict = "string", tag = "string?", tag_hex = "tag_hex?", pool = "pool?",
    rate_bytes_per_hour = "number?", rate_low = "number?", rate_high = "number?",
    freed_ratio = "number?", share = "number?",
    suspects = { of = suspect }, victims = { of = "any" }, forecast = "any", confidence = "string?",
    evidence = { of = { text = "string", source = "string?", place = "any" } },
    next = { of = { text = "string", command = "string?", undo = "string?" } },
  } } },
  report = {
    playbook = "string", generated = "string", headline = "string", verdict = "string?", line = "string?",
    reproduce = "string", reasoning = { of = "string" },
    period = { host = "string?", snapshots = "integer", from = "string?", to = "string?", span_s = "number?",
               time_source = "string" },
    findings = { of = { verdict = "string", suspects = { of = suspect }, line = "string" } },
    charts = { of = { title = "string", unit = "string", limit = "any", band = "any" } },
    lockstep = { of = { tag = "string", tag_hex = "tag_hex", pool = "pool", source_tag = "string",
                        ratio = "number", growth_bytes = "integer?" } },
    drivers = { of = {
      driver = "string", path = "string?", file_version = "string?", company = "string?",
      signature = "string?", sha256 = "string?", score = "number?", reasons = { of = "string" },
      site_count = "integer",
      sites = { of = { api = "string", rva = "address", pool = "string?", size = "integer?" } } } },
    driver_changes = { of = { driver = "string", time = "string", before = "string?", after = "string?",
                              accused = "boolean" } },
    ruled_out = { of = { tag = "string", tag_hex = "tag_hex", pool = "pool", verdict = "string",
                         bytes = "integer?", growth_bytes = "integer?", text = "string?" } },
  },
  list = { scripts = { of = { name = "string", path = "string", origin = "string", broken = "string?",
                              shadows = { of = "string" } } } },
  help = { name = "string", summary = "string", usage = "string",
           arguments = { of = { name = "string", type = "string", flags = { of = "string" } } } },
  tests = { passed = "integer", failed = "integer",
            scripts = { of = { name = "string", cases = { of = {
              name = "string", passed = "boolean", reason = "string?" } } } } },
  problems = {
    refused = "integer", ambiguous = "integer", flagged = "integer", notes = "integer",
    files = { of = {
      path = "string", kind = "string", lines = "integer?", rows = "integer?", refused = "integer",
      problems = { of = { severity = "string", line = "integer?", text = "string", quote = "string?" } } } },
  },
  collect = { name = "string", form = "string", folder = "string", interval_s = "integer", count = "integer",
              script = "string", steps = { of = { why = "string", lines = { of = "string" } } } },
  written = { files = { of = "string" } },
  trend = { host = "string?", snapshots = "integer", from = "string?", to = "string?",
    pools = { of = pool_course },
    restarts = { of = { snapshot = "integer", time = "string?" } },
    rows = { of = {
      tag = "string", tag_hex = "tag_hex", pool = "pool", verdict = "string",
      slope_bytes_per_hour = "number?", low = "number?", high = "number?", z = "number?", p = "number?",
      freed_ratio = "number?", monotone = "number?", share = "number?",
      forecast = { optional = {
        limit_bytes = "integer?", hours = "number", low = "number?", high = "number?" } },
      lockstep = { optional = { with = "string", ratio = "number" } } } },
  },
  forecast = { snapshots = "integer", pools = { of = pool_course }, rows = { of = {
    what = "string", tag = "string?", pool = "pool", slope_bytes_per_hour = "number?",
    limit_bytes = "integer?", hours = "number?", hours_low = "number?", hours_high = "number?",
    at = "string?", basis = "string",
    source = "string?", milestones = { of = { text = "string", hours = "number" } } } } },
  record = { history = "string", added = "integer", known = "integer", refused = "integer",
    time_sources = { of = { name = "string", snapshots = "integer" } },
    hosts = { of = {
      name = "string", added = "integer", known = "integer", first = "string?", last = "string?" } } },
  history = { history = "string", actions = { of = { action = "string" } },
    hosts = { of = { name = "string", snapshots = "integer", aliases = { of = "string" } } } },
  correlation = { tag = "string", tag_hex = "tag_hex", pool = "pool", began = "string?",
    tags = { of = { tag = "string", tag_hex = "tag_hex", pool = "pool", ratio = "number", residual = "number",
      lead_s = "number?" } },
    processes = { of = { name = "string", id = "integer?", what = "string", ratio = "number",
      residual = "number" } },
    drivers = { of = { name = "string", time = "string?", before = "string?", after = "string?",
      apart_s = "number?" } } },
}

local envelope <const> = {
  schema = "string", tool = { name = "string", version = "string" },
  inputs = { of = { path = "string", kind = "string", sha256 = "string?", complete = "boolean",
                    problems = { of = problem } } },
}

--- Check a whole document.
-- @tparam table document decoded with poolsleuth.json, so that null is json.null
-- @tparam string kind
-- @treturn ?string what is wrong; nil when nothing is
function schema.check(document, kind)
  local wrong = check(document, envelope, "envelope")
  if wrong then return wrong end
  if document.schema ~= ("poolsleuth.%s/1"):format(kind) then return "schema is " .. document.schema end
  return check(document.data, schema.kinds[kind], "data")
end

return schema
