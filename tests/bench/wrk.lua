-- SPDX-License-Identifier: MIT
--
-- wrk.lua [BYTES]: what wrk sends and prints here. With BYTES, a POST of a form of that size, else
-- GET. At the end one line of JSON that load.py reads: latencies in µs.

function init(args)
   local bytes = tonumber(args[1] or "0")

   if bytes > 0 then
      wrk.method = "POST"
      wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
      wrk.body = "data=" .. string.rep("x", bytes - #"data=")
   end
end

function done(summary, latency, requests)
   local errors = summary.errors

   io.write(string.format(
      'BENCH {"requests": %d, "usec": %d, "p50": %d, "p99": %d, "max": %d, ' ..
      '"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
      summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99), latency.max,
      errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
