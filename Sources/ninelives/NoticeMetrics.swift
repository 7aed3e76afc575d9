import Notices

extension [ChannelTally] {
    /// In Prometheus' text format.
    var metrics: String {
        family("queued_total", "counter", "Notices handed over for a channel.") { "\($0.counts.queued)" }
            + family("delivered_total", "counter", "Notices that a channel's service has taken.") {
                "\($0.counts.delivered)"
            }
            + family("failed_total", "counter", "Attempts to deliver that failed; most are made again.") {
                "\($0.counts.failed)"
            }
            + family("given_up_total", "counter", "Notices that are not tried any more.") { "\($0.counts.givenUp)" }
            + family("waiting", "gauge", "Notices that wait for a channel.") { "\($0.waiting)" }
            + family("oldest_waiting_seconds", "gauge", "How long the oldest of them has waited; 0 without any.") {
                "\($0.oldestWaitingSeconds)"
            }
    }

    private func family(
        _ name: String, _ type: String, _ help: String, _ value: (ChannelTally) -> String
    ) -> String {
        "# HELP ninelives_notices_\(name) \(help)\n# TYPE ninelives_notices_\(name) \(type)\n"
            + map { tally in
                let channel = tally.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                    .replacing("\n", with: "\\n")
                return "ninelives_notices_\(name){channel=\"\(channel)\"} \(value(tally))\n"
            }.joined()
    }
}
