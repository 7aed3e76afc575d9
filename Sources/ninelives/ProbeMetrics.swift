import Checks

extension ProbeCounts {
    /// In Prometheus' text format.
    var metrics: String {
        var text = """
            # HELP ninelives_probes_open Probes under way and idle connections held.
            # TYPE ninelives_probes_open gauge
            ninelives_probes_open \(openNow)
            # HELP ninelives_probes_waiting Probes whose turn has come and that wait for room.
            # TYPE ninelives_probes_waiting gauge
            ninelives_probes_waiting \(waitingNow)
            # HELP ninelives_probes_failed_total Probes that failed.
            # TYPE ninelives_probes_failed_total counter
            ninelives_probes_failed_total \(failed)
            # HELP ninelives_probe_lateness_seconds How far from their turn probes began (a few ms early is usual).
            # TYPE ninelives_probe_lateness_seconds histogram

            """
        var sum: UInt64 = 0
        for (bound, count) in zip(Self.latenessBounds, lateness) {
            sum += count
            text += "ninelives_probe_lateness_seconds_bucket{le=\"\(Double(bound) / 1000)\"} \(sum)\n"
        }
        text += "ninelives_probe_lateness_seconds_bucket{le=\"+Inf\"} \(started)\n"
        text += "ninelives_probe_lateness_seconds_count \(started)\n"
        return text
    }
}
