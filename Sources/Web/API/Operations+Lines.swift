import Control
import HTTPTypes
import Hummingbird

/// Lines, services and the forwarding that is wanted.
extension Site {
    var lineOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/lines", id: "listLines",
                summary: "The lines with their test points, as configured.", access: .projectReader,
                result: Self.items(of: "Line"), problems: [.serviceUnavailable]
            ) { call in try .json(Page(items: try await lines(call).lines)) },
            Operation(
                method: .get, path: "/api/v1/services", id: "listServices",
                summary: "The services with their servers, levels and answers.", access: .projectReader,
                result: Self.items(of: "Service"), problems: [.serviceUnavailable]
            ) { call in try .json(Page(items: try await lines(call).services)) },
            Operation(
                method: .get, path: "/api/v1/line-hosts", id: "listLineHosts",
                summary: "The load-balanced names.", access: .projectReader,
                result: Self.items(of: "LineHost"), problems: [.serviceUnavailable]
            ) { call in try .json(Page(items: try await lines(call).hosts)) },
            Operation(
                method: .get, path: "/api/v1/forwarding", id: "getForwarding",
                summary: "What arrives at the lines and where it is to go, and what has become of it.",
                access: .projectReader, result: .named("Forwarding"), problems: [.serviceUnavailable]
            ) { call in
                let report = try await lines(call)
                return try .json(Forwarding(items: report.forwarding, inForce: report.inForce))
            },
        ]
    }

    private struct Forwarding: Encodable {
        var items: [ForwardingReport]
        var inForce: String?
    }

    /// As far as whoever asks may look.
    private func lines(_ call: Call) async throws -> LinesReport {
        guard let lining = control as? any LineInterface else {
            throw Problem(.serviceUnavailable, "This server knows nothing of lines.")
        }
        return await lining.lines().limited(to: scope(call), of: await control.readModel())
    }

    private static func items(of name: String) -> Schema {
        .object([.init("items", .array(.named(name)), "In the order in which they are configured.")])
    }
}

extension Schemas {
    static let lineSchemas: [String: Schema] = [
        "Line": line, "Service": service, "LineHost": lineHost, "Forwarding": forwarding,
    ]

    private static let line = Schema.object([
        .init("name", .string()), .init("indicator", .string(), "Which stands for the line."),
        .init("addresses", .array(.string())), optional("interface", .string()),
        .init("sources", .array(.string()), "From where its tests leave."), .init("state", state),
        .init("effective", state, "After the operator's word."), optional("since", .time),
        optional("override", .string()), .init("recoverySeconds", .number(), "How long it must be up to count."),
        optional("recoveringSince", .time), optional("recoveringUntil", .time),
        optional("held", .string(), "`up for 4 s of 10 s`, while it does not count yet."),
        .init(
            "testPoints",
            .array(
                .object([
                    .init("indicator", .string()), .init("test", .string(), "`ping 192.0.2.1`"),
                    .init("state", state), optional("since", .time), optional("lastProbe", .named("Probe")),
                ])), "The line is down when all of them are."),
    ])

    private static let answer: [Schema.Property] = [
        .init("answer", .choice(["addresses", "nodata", "servfail", "none"])), .init("addresses", .array(.string())),
        .init("ttl", .integer(), "Seconds, as answered at the moment."), .init("isAllDown", .bool),
    ]

    private static let service = Schema.object(
        [
            .init("name", .string()), .init("ports", .array(.string()), "The public ones: `443/tcp`."),
            .init("redundancy", .choice(["all", "only"])), .init("lines", .array(.string())),
            .init("established", .choice(["cut", "keep"]), "Connections to a server that gets no more."),
        ] + answer + [
            .init("rule", .string(), "Which rule answers, in words."),
            optional("held", .string(), "What holds a better answer back."),
            .init("servers", .array(server)),
        ])

    private static let server = Schema.object([
        .init("name", .string()), .init("indicator", .string()), .init("site", .choice(["onsite", "offsite"])),
        .init("address", .string(), "With its port, if it is onsite and has one of its own."),
        .init("level", .string(), "primary, backup, 2nd-backup, 3rd-backup, disabled or a number."),
        .init("priority", .integer()), .init("state", state), optional("override", .string()),
        .init("isActive", .bool, "Whether the answer is its."), .init("isUsable", .bool),
        optional("unusableBecause", .string()),
        .init("isForwardedTo", .bool, "Whether what arrives at the lines is to go to it."),
    ])

    private static let lineHost = Schema.object(
        [
            .init("name", .string()),
            .init(
                "lines",
                .array(
                    .object([
                        .init("line", .string()), .init("addresses", .array(.string())), .init("isActive", .bool),
                    ]))), .init("others", .array(.string()), "Those that no line takes away."),
        ] + answer)

    private static let forwarding = Schema.object([
        .init(
            "items",
            .array(
                .object([
                    .init("name", .string()), .init("transport", .choice(["tcp", "udp"])), .init("port", .integer()),
                    .init("lineAddresses", .array(.string())), .init("servers", .array(.string())),
                    .init("established", .choice(["cut", "keep"])),
                    .init("sharing", .choice(["connections", "clients"])),
                ])), "What is wanted."),
        optional("inForce", .string(), "What has become of it, in words; missing if nothing here forwards."),
    ])
}
