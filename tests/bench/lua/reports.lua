-- wrk: every request is another report. Arguments: key of the client, a number that makes this run's reports its own,
-- then points as "lon,lat".
local thread_count = 0
function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

local points, client, run, sent = {}, nil, nil, 0
function init(args)
  client, run = args[1], args[2]
  for i = 3, #args do points[#points + 1] = args[i] end
end

function request()
  sent = sent + 1
  local lon, lat = points[sent % #points + 1]:match("([^,]+),([^,]+)")
  local body = string.format('{"text":"路口有摊贩占道经营，堵住了人行道，第 %d 次反映","category":"TIP-01","lon":%s,"lat":%s}', sent, lon, lat)
  local headers = {
    ["Content-Type"] = "application/json", ["Authorization"] = "Key " .. client,
    ["Idempotency-Key"] = run .. "-" .. number .. "-" .. sent,
  }
  return wrk.format("POST", nil, headers, body)
end

dofile((debug.getinfo(1, "S").source:sub(2):gsub("reports.lua$", "done.lua")))
