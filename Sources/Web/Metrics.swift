import Control
import Hummingbird
import NIOCore

/// What there is in Prometheus' text exposition format, version 0.0.4.
struct Metrics: Sendable {
    let model: any ReadModel
    /// Families that others have written.
    let more: String
    /// How many things of the server itself need somebody.
    var problems = 0

    /// Sent when so many octets have come together: all of a hundred thousand indicators would be 30 MB.
    private static let piece = 32_768

    private typealias Sample = (labels: [(String, String)], value: Double)

    func write(to writer: inout any ResponseBodyWriter) async throws {
        try await indicators(to: &writer)
        try await schemes(to: &writer)
        try await family(
            "ninelives_info", "The version that runs.", "gauge", [model.version], to: &writer
        ) { [([("version", $0)], 1)] }
        try await family(
            "ninelives_start_time_seconds", "When the process started, seconds since 1970.", "gauge",
            [model.startedAt], to: &writer
        ) { [([], $0)] }
        try await family(
            "ninelives_problems", "What of the server itself needs somebody, as the page and /healthz tell it.",
            "gauge",
            [problems], to: &writer
        ) { [([], Double($0))] }
        try await writer.write(ByteBuffer(string: more))
        try await writer.finish(nil)
    }

    private func indicators(to writer: inout any ResponseBodyWriter) async throws {
        let glances = model.indicatorGlances()
        try await family(
            "ninelives_indicator_state", "1 for the state the indicator is in, 0 for the others.", "gauge", glances,
            to: &writer
        ) { glance in
            ["ok", "err", "unknown"].map { state in
                ([("indicator", glance.name), ("state", state)], glance.state == state ? 1 : 0)
            }
        }
        try await family(
            "ninelives_probe_duration_seconds", "How long the last probe took.", "gauge", glances, to: &writer
        ) { glance in glance.lastTook.map { [([("indicator", glance.name)], $0)] } ?? [] }
        try await family(
            "ninelives_probe_success", "1 if the last probe succeeded.", "gauge", glances, to: &writer
        ) { glance in glance.lastSucceeded.map { [([("indicator", glance.name)], $0 ? 1 : 0)] } ?? [] }
    }

    /// What is told of a scheme, beside all else that a report says of it.
    private struct Figures {
        var name: String
        var generation, ttl, allDown: Double
        var publishSeconds: Double?
        var members: [(indicator: String, isActive: Bool)]
    }

    private func schemes(to writer: inout any ResponseBodyWriter) async throws {
        let schemes = model.schemeGlances().compactMap { model.scheme($0.name) }.map { scheme in
            Figures(
                name: scheme.name, generation: Double(scheme.generation), ttl: Double(scheme.ttl),
                allDown: scheme.isAllDown ? 1 : 0, publishSeconds: scheme.publishMicroseconds.map { $0 / 1e6 },
                members: scheme.members.map { ($0.indicator, $0.isActive) })
        }
        try await family(
            "ninelives_scheme_generation", "The number of the scheme's decision.", "counter", schemes, to: &writer
        ) { [([("scheme", $0.name)], $0.generation)] }
        try await family(
            "ninelives_scheme_ttl_seconds", "The TTL answered at the moment.", "gauge", schemes, to: &writer
        ) { [([("scheme", $0.name)], $0.ttl)] }
        try await family(
            "ninelives_scheme_all_down", "1 while no member is usable.", "gauge", schemes, to: &writer
        ) { [([("scheme", $0.name)], $0.allDown)] }
        try await family(
            "ninelives_scheme_publish_seconds", "From the event to our DNS answering by it, last decision.", "gauge",
            schemes, to: &writer
        ) { scheme in scheme.publishSeconds.map { [([("scheme", scheme.name)], $0)] } ?? [] }
        try await family(
            "ninelives_member_active", "1 for a member that answers.", "gauge", schemes, to: &writer
        ) { scheme in
            scheme.members.map { ([("scheme", scheme.name), ("indicator", $0.indicator)], $0.isActive ? 1 : 0) }
        }
    }

    private func family<Item>(
        _ name: String, _ help: String, _ type: String, _ items: [Item], to writer: inout any ResponseBodyWriter,
        _ samples: (Item) -> [Sample]
    ) async throws {
        var buffer = ByteBuffer(string: "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n")
        for item in items {
            for sample in samples(item) {
                let labels = sample.labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
                buffer.writeString("\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n")
            }
            guard buffer.readableBytes >= Self.piece else { continue }
            try await writer.write(buffer)
            buffer = ByteBuffer()
        }
        try await writer.write(buffer)
    }

    private func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
        return String(
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
