-- wrk: every request is another report. Arguments: key of the client, a number that makes this run's reports its own,
-- then points as "lon,lat". Ends with one line of JSON.
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

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.3f,"refused":%d,"broken":%d,"p50":%.2f,"p95":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
