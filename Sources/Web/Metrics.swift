import Control
import Hummingbird
import NIOCore

/// What there is in Prometheus' text exposition format, version 0.0.4.
struct Metrics: Sendable {
    private let version: String
    private let startedAt: Double
    private let indicators: [IndicatorFigures]
    private let schemes: [Figures]
    /// Families that others have written.
    private let more: String
    /// How many things of the server itself need somebody.
    private let problems: Int

    /// Sent when so many octets have come together: all of a hundred thousand indicators would be 30 MB.
    private static let piece = 32_768

    private typealias Sample = (labels: [(String, String)], value: Double)

    /// Nothing is held of the model while it is written: that lasts as long as somebody takes to read it.
    init(of control: any ControlInterface, more: String) async {
        indicators = await control.indicatorFigures()
        let model = await control.readModel()
        (version, startedAt) = (model.version, model.startedAt)
        schemes = model.schemeGlances().compactMap { model.scheme($0.name) }.map(Figures.init)
        problems = await control.problems().count
        self.more = more
    }

    func write(to writer: inout any ResponseBodyWriter) async throws {
        try await writeIndicators(to: &writer)
        try await writeSchemes(to: &writer)
        try await family(
            "ninelives_info", "The version that runs.", "gauge", [version], to: &writer
        ) { [([("version", $0)], 1)] }
        try await family(
            "ninelives_start_time_seconds", "When the process started, seconds since 1970.", "gauge",
            [startedAt], to: &writer
        ) { [([], $0)] }
        try await family(
            "ninelives_problems", "What of the server itself needs somebody, as the page and /healthz tell it.",
            "gauge", [problems], to: &writer
        ) { [([], Double($0))] }
        try await writer.write(ByteBuffer(string: more))
        try await writer.finish(nil)
    }

    private func writeIndicators(to writer: inout any ResponseBodyWriter) async throws {
        try await family(
            "ninelives_indicator_state", "1 for the state the indicator is in, 0 for the others.", "gauge", indicators,
            to: &writer
        ) { indicator in
            ["ok", "err", "unknown"].map { state in
                ([("indicator", indicator.name), ("state", state)], indicator.state == state ? 1 : 0)
            }
        }
        try await family(
            "ninelives_probe_duration_seconds", "How long the last probe took.", "gauge", indicators, to: &writer
        ) { indicator in indicator.lastTook.map { [([("indicator", indicator.name)], $0)] } ?? [] }
        try await family(
            "ninelives_probe_success", "1 if the last probe succeeded.", "gauge", indicators, to: &writer
        ) { indicator in indicator.lastSucceeded.map { [([("indicator", indicator.name)], $0 ? 1 : 0)] } ?? [] }
    }

    /// What is told of a scheme, beside all else that a report says of it.
    private struct Figures {
        var name: String
        var generation, ttl, allDown: Double
        var publishSeconds: Double?
        var members: [(indicator: String, isActive: Bool)]

        init(_ scheme: SchemeReport) {
            name = scheme.name
            generation = Double(scheme.generation)
            ttl = Double(scheme.ttl)
            allDown = scheme.isAllDown ? 1 : 0
            publishSeconds = scheme.publishMicroseconds.map { $0 / 1e6 }
            members = scheme.members.map { ($0.indicator, $0.isActive) }
        }
    }

    private func writeSchemes(to writer: inout any ResponseBodyWriter) async throws {
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
