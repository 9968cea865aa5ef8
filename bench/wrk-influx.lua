-- The same three numbers of the same number of devices as one line of InfluxDB's line protocol in each request.
-- Argument: the number of devices.
dofile(debug.getinfo(1, "S").source:match("@(.*)/") .. "/wrk-result.lua")

local requests = {}
local stride = 1
local at = 0

function init(args)
  local variants = 16
  for device = 1, tonumber(args[1]) do
    for variant = 1, variants do
      local body = string.format("climate,device=%06d temperature=%.2f,humidity=%.1f,battery=%.3f", device,
        15 + (#requests * 37 % 1500) / 100, 30 + (#requests * 11 % 500) / 10, 3.2 + variant / 100)
      requests[#requests + 1] = wrk.format("POST", "/write?db=bench", {}, body)
    end
  end
  stride = variants + 1
end

function request()
  at = (at + stride) % #requests
  return requests[at + 1]
end
