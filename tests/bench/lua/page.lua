-- wrk: the same page for ever new visitors (public pages count the requests of an address).
local asked = 0
function request()
  asked = asked + 1
  wrk.headers["X-Real-IP"] = string.format("10.%d.%d.%d", math.floor(asked / 65536) % 256, math.floor(asked / 256) % 256, asked % 256)
  return wrk.format()
end
dofile((debug.getinfo(1, "S").source:sub(2):gsub("page.lua$", "done.lua")))
