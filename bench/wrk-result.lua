-- Prints what a run of wrk gave, in one line of JSON. Loaded by the other scripts.
function done(summary, latency, _)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  print(string.format('RESULT {"requests":%d,"perSecond":%f,"failed":%d,"p50":%f,"p99":%f}',
    summary.requests, summary.requests / (summary.duration / 1e6), failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
