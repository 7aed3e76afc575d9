import Accounts
import Control
import Failover
import HTTPTypes
import Hummingbird
import Notices

/// What people were told, and by which ways.
extension Site {
    var noticeOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/notices", id: "listNotices",
                summary: "Notices and what has become of them, the newest first.", access: .reader,
                query: [
                    .init("channel", .text, "Only those for this channel."),
                    .init("state", Schemas.noticeState, "Only those in this state."),
                    .init("before", .integer(0...Int(1e15)), "Only those with a lower id."),
                    .init("limit", .integer(1...1000), "How many at the most; 100 if it is not said."),
                ], result: Self.list(of: "Notice"), problems: [.serviceUnavailable]
            ) { call in try await notices(call) },
            Operation(
                method: .get, path: "/api/v1/channels", id: "listChannels",
                summary: "The channels that notices go by, by name; without their secrets.", access: .reader,
                result: .object([.init("items", .array(.named("Channel")))]), problems: [.serviceUnavailable]
            ) { _ in try .json(Page(items: await noticing().channels(), next: nil)) },
            Operation(
                method: .post, path: "/api/v1/notices/{channel}/test", id: "testChannel",
                summary: """
                    Sends a test notice by a channel, and says how that went. For an admin of a project: by those that \
                    the project's people may subscribe with.
                    """, access: .project(.operator),
                result: .named("ChannelTest"), problems: [.notFound, .serviceUnavailable]
            ) { call in try .json(try await testChannel(call.path["channel"] ?? "", call)) },
        ]
    }

    /// Whether somebody may have a test sent: an operator by every channel, an admin of projects by those of theirs.
    func mayTest(_ channel: String, _ identity: Identity?) async throws -> Bool {
        if identity?.may(.operator) == true { return true }
        return try await projects(of: identity).contains { project in
            identity?.may(.admin, in: project.name) == true && project.channels.contains { fits(channel, $0) }
        }
    }

    func noticing() throws -> any NoticeInterface {
        guard let noticing = control as? any NoticeInterface else {
            throw Problem(.serviceUnavailable, "This server sends no notices.")
        }
        return noticing
    }

    private func notices(_ call: Call) async throws -> Response {
        var query = NoticeQuery()
        query.channel = call.text("channel")
        query.state = call.text("state")
        query.before = call.number("before").map { UInt64($0) }
        query.limit = call.number("limit").map { Int($0) } ?? 100
        let wanted = query
        let notices = try await ordered { try await noticing().notices(wanted) }
        let next = notices.count == query.limit ? notices.last.map { "\($0.id)" } : nil
        return try .json(Page(items: notices, next: next))
    }
}
