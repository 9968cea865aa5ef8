-- Devices report three numbers each to POST /api/v1/telemetry. Argument: a file with one API key a line.
-- All requests are built before the run, so that the generator costs next to nothing.
dofile(debug.getinfo(1, "S").source:match("@(.*)/") .. "/wrk-result.lua")

local requests = {}
local stride = 1
local at = 0

function init(args)
  local variants = 16
  for key in io.lines(args[1]) do
    for variant = 1, variants do
      local body = string.format('{"data":{"temperature":%.2f,"humidity":%.1f,"battery":%.3f}}',
        15 + (#requests * 37 % 1500) / 100, 30 + (#requests * 11 % 500) / 10, 3.2 + variant / 100)
      requests[#requests + 1] = wrk.format("POST", "/api/v1/telemetry",
        { ["Content-Type"] = "application/json", ["X-API-Key"] = key }, body)
    end
  end
  -- Neighbours in the list are the same device: step over them with a stride that reaches every request.
  stride = variants + 1
end

function request()
  at = (at + stride) % #requests
  return requests[at + 1]
end
