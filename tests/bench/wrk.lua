-- SPDX-License-Identifier: MIT
--
-- wrk.lua [FORM]: what wrk sends and prints here. With FORM, a POST of that, else GET. At the end one line of JSON that
-- load.py reads: latencies in µs.

function init(args)
   local form = args[1] or ""

   if form ~= "" then
      wrk.method = "POST"
      wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
      wrk.body = form
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
