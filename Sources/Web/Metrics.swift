import Control

/// The report in Prometheus' text exposition format, version 0.0.4.
struct Metrics {
    let report: Report

    var text: String {
        let indicators = report.indicators
        let schemes = report.schemes
        let families = [
            family(
                "ninelives_indicator_state", "1 for the state the indicator is in, 0 for the others.", "gauge",
                indicators.flatMap { indicator in
                    ["ok", "err", "unknown"].map { state in
                        ([("indicator", indicator.name), ("state", state)], indicator.state == state ? 1 : 0)
                    }
                }),
            family(
                "ninelives_probe_duration_seconds", "How long the last probe took.", "gauge",
                indicators.compactMap { indicator in
                    indicator.lastProbe.map { ([("indicator", indicator.name)], $0.totalMilliseconds / 1000) }
                }),
            family(
                "ninelives_probe_success", "1 if the last probe succeeded.", "gauge",
                indicators.compactMap { indicator in
                    indicator.lastProbe.map { ([("indicator", indicator.name)], $0.isSuccess ? 1 : 0) }
                }),
            family(
                "ninelives_scheme_generation", "The number of the scheme's decision.", "counter",
                schemes.map { ([("scheme", $0.name)], Double($0.generation)) }),
            family(
                "ninelives_scheme_ttl_seconds", "The TTL answered at the moment.", "gauge",
                schemes.map { ([("scheme", $0.name)], Double($0.ttl)) }),
            family(
                "ninelives_scheme_all_down", "1 while no member is usable.", "gauge",
                schemes.map { ([("scheme", $0.name)], $0.isAllDown ? 1 : 0) }),
            family(
                "ninelives_scheme_publish_seconds", "From the event to our DNS answering by it, last decision.",
                "gauge",
                schemes.compactMap { scheme in
                    scheme.publishMicroseconds.map { ([("scheme", scheme.name)], $0 / 1e6) }
                }),
            family(
                "ninelives_member_active", "1 for a member that answers.", "gauge",
                schemes.flatMap { scheme in
                    scheme.members.map {
                        ([("scheme", scheme.name), ("indicator", $0.indicator)], $0.isActive ? 1 : 0)
                    }
                }),
            family(
                "ninelives_info", "The version that runs.", "gauge", [([("version", report.version)], 1)]),
            family(
                "ninelives_start_time_seconds", "When the process started, seconds since 1970.", "gauge",
                [([], report.startedAt)]),
        ]
        return families.joined()
    }

    private typealias Sample = (labels: [(String, String)], value: Double)

    private func family(_ name: String, _ help: String, _ type: String, _ samples: [Sample]) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            + samples.map { sample in
                let labels = sample.labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
                return "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
            }.joined()
    }

    private func escaped(_ text: String) -> String {
        String(
            text.flatMap { character -> String in
                switch character {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(character)
                }
            })
    }
}
