--- A browser without a screen that looks at a page in frames of several widths, with scripts and without.
local folders = require "tests.lua.support.folder"
local json    = require "poolsleuth.json"
local shell   = require "tests.lua.support.shell"

local browser = {}

--- The program, or nil where it is not installed.
browser.program = nil
for _, name in ipairs { "chromium", "chromium-browser", "google-chrome" } do
  browser.program = browser.program or shell.find(name)
end

-- Looks into each frame when all have loaded, and leaves what it saw in an element of its own.
local WATCHER <const> = [[
<!DOCTYPE html><meta charset="utf-8"><body>
<script>
var views = VIEWS, left = views.length, seen = [];
function pixels(canvas) {
  var bytes = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data, colors = {},
    drawn = 0;
  for (var i = 0; i < bytes.length; i += 4) {
    if (bytes[i + 3] > 200) {
      drawn += 1;
      colors[bytes[i] >> 5 << 6 | bytes[i + 1] >> 5 << 3 | bytes[i + 2] >> 5] = 1;
    }
  }
  return { drawn: drawn, colors: Object.keys(colors).length };
}
function visible(list, view) {
  return Array.prototype.filter.call(list, function (one) { return one.getBoundingClientRect().width > 0; });
}
function smallest(doc) {
  var least = 99;
  visible(doc.querySelectorAll("p, li, td, th, dd, dt, figcaption, pre, code")).forEach(function (one) {
    least = Math.min(least, parseFloat(doc.defaultView.getComputedStyle(one).fontSize));
  });
  return least;
}
function drawing(one) {
  var box = one.viewBox.baseVal, shown = one.getBoundingClientRect();
  return { paths: one.querySelectorAll("path, rect.bar").length, text: 12 * shown.width / box.width,
           title: one.querySelector("title").textContent, words: one.querySelector("desc").textContent };
}
function look(frame, view) {
  var doc = frame.contentDocument, root = doc.documentElement;
  return {
    view: view, width: root.clientWidth, needs: root.scrollWidth, problems: frame.problems,
    requests: frame.contentWindow.performance.getEntriesByType("resource").map(String),
    canvases: Array.prototype.map.call(doc.querySelectorAll("canvas"), pixels),
    drawings: visible(doc.querySelectorAll("svg.drawn")).map(drawing), smallest: smallest(doc),
    live: doc.querySelectorAll("figure.live").length,
    figures: doc.querySelectorAll("figure[data-chart]").length,
    keys: press(doc, frame.contentWindow)
  };
}
function press(doc, win) {
  var plot = doc.querySelector(".plot");
  if (!plot) { return null; }
  plot.dispatchEvent(new win.KeyboardEvent("keydown", { key: "End", bubbles: true, cancelable: true }));
  return doc.querySelector(".moment").textContent;
}
function done() {
  var out = document.createElement("pre");
  out.id = "seen";
  out.textContent = encodeURIComponent(JSON.stringify(seen));
  document.body.textContent = "";
  document.body.appendChild(out);
}
views.forEach(function (view, i) {
  var frame = document.createElement("iframe");
  frame.width = view.width;
  frame.height = 900;
  frame.problems = [];
  if (!view.scripts) { frame.setAttribute("sandbox", "allow-same-origin"); }
  frame.onload = function () {
    setTimeout(function () {
      seen[i] = look(frame, view);
      left -= 1;
      if (left === 0) { done(); }
    }, 50);
  };
  frame.src = PAGE;
  document.body.appendChild(frame);
});
</script>]]

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function start(words, folder)
  local all = {
    browser.program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0", "--window-size=1400,1000",
    "--user-data-dir=" .. folder:path "profile", "--virtual-time-budget=4000", "--hide-scrollbars",
  }
  table.move(words, 1, #words, #all + 1, all)
  return shell.run(all, { limit = 60, env = { HOME = folder:path() } })
end

-- What the page itself said on its console: messages, errors, refusals of its content policy.
local function console(text)
  local said = {}
  for line in text:gmatch "[^\n]+" do
    local of_the_frame = line:find("frame is sandboxed", 1, true) -- scripts are switched off on purpose
    if line:find(":CONSOLE", 1, true) and not of_the_frame then said[#said + 1] = line end
  end
  return said
end

--- Look at a page.
-- @tparam string page HTML
-- @tparam {table,...} views each `width` and `scripts`
-- @treturn {table,...} what was seen in each view
-- @treturn {string,...} what the page said on the console
function browser.look(page, views)
  local folder <close> = folders.new()
  local path = folder:write("page.html", page)
  local watcher = WATCHER:gsub("VIEWS", function() return json.encode(views) end)
    :gsub("PAGE", function() return '"file://' .. path .. '"' end)
  local made = start({ "--allow-file-access-from-files", "--disable-web-security", "--dump-dom",
    "file://" .. folder:write("watcher.html", watcher) }, folder)
  local seen = made.out:match '<pre id="seen">([^<]*)</pre>'
  assert(seen, "the browser saw nothing: " .. made.out:sub(1, 200) .. made.err:sub(-2000))
  return assert(json.decode(unescape(seen))), console(made.err)
end

--- Open a page by itself and tell what it asks for.  What the browser asks on its own has no page behind it.
-- @tparam string page HTML
-- @treturn {string,...} addresses on the network, each once
-- @treturn {string,...} what the page said on the console
function browser.requests(page)
  local folder <close> = folders.new()
  local path, log = folder:write("page.html", page), folder:path "net.json"
  local made = start({ "--log-net-log=" .. log, "--dump-dom", "file://" .. path }, folder)
  local asked, seen = {}, {}
  for line in io.lines(log) do
    local address, initiator = line:match '"url":"(%w+:[^"]*)"', line:match '"initiator":"([^"]*)"'
    local by_page = address and address:find "^[hw][ts]" and initiator and initiator ~= "not an origin"
    if by_page and not seen[address] then
      seen[address] = true
      asked[#asked + 1] = address
    end
  end
  return asked, console(made.err)
end

return browser
