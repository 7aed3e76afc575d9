import ArgumentParser
import Control
import Foundation
import NIOHTTP1
import Notices

struct NoticesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices", abstract: "Show what people were told, and try the ways by which they are.",
        discussion: """
            EXAMPLES
              ninelives notices                       the newest first, and whether they arrived
              ninelives notices channels              how each channel is doing
              ninelives notices test on-call          send a test notice there now
            """, subcommands: [NoticesList.self, NoticesChannels.self, NoticesTest.self],
        defaultSubcommand: NoticesList.self)
}

struct NoticesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The newest first.")
    @Option(help: "Only those for this channel.") var channel: String?
    @Option(help: "Only those in this state: waiting, delivered, given-up.") var state: String?
    @Option(help: "How many at the most, 1…1000.") var limit = 50
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit \(limit) is out of range: use 1…1000.") }
    }

    func run() async throws {
        struct List: Decodable { var items: [NoticeReport] }
        var path = "/api/v1/notices?limit=\(limit)"
        for (name, value) in [("channel", channel), ("state", state)] {
            if let value { path += "&\(name)=\(value.pathSegment)" }
        }
        let body = try await server.server.order(.GET, path)
        if json { return print(String(decoding: body, as: UTF8.self)) }
        let notices = try JSONDecoder().decode(List.self, from: body).items
        if notices.isEmpty { return print("Nobody was told anything yet.") }
        var table = Table(header: ["TIME (UTC)", "CHANNEL", "STATE", "NOTICE", "THE SERVICE SAID"])
        for notice in notices {
            let colour: Terminal.Style =
                notice.state == "delivered" ? .green : notice.state == "waiting" ? .yellow : .red
            table.rows.append([
                (timestamp(notice.at), .dim), (notice.channel, .bold),
                (notice.state + (notice.attempts > 1 ? " (\(notice.attempts) attempts)" : ""), colour),
                (notice.title, nil), (notice.words, .dim),
            ])
        }
        print(table.text(on: .standardOutput))
    }
}

struct NoticesChannels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels", abstract: "How each channel is doing; secrets are not shown.")
    @OptionGroup var server: ServerOptions

    func run() async throws {
        struct List: Decodable { var items: [ChannelReport] }
        let body = try await server.server.order(.GET, "/api/v1/channels")
        let channels = try JSONDecoder().decode(List.self, from: body).items
        if channels.isEmpty { return print("No channels are configured: see `notices:` in docs/notices.md.") }
        var table = Table(header: ["CHANNEL", "KIND", "TO", "WAITING", "DELIVERED (UTC)", "TROUBLE"])
        for channel in channels {
            table.rows.append([
                (channel.name, .bold), (channel.kind, nil), (channel.target, nil), ("\(channel.waiting)", nil),
                (channel.deliveredAt.map(timestamp) ?? "–", .dim), (channel.trouble ?? "", .red),
            ])
        }
        print(table.text(on: .standardOutput))
    }
}

struct NoticesTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a test notice now; exits with 1 if it does not arrive.")
    @Argument(help: "The channel's name.") var channel: String
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let body = try await server.server.order(.POST, "/api/v1/notices/\(channel.pathSegment)/test")
        let test = try JSONDecoder().decode(ChannelTest.self, from: body)
        let took = "\(Int(test.milliseconds.rounded())) ms"
        guard test.isDelivered else {
            printError("\(channel): not delivered after \(took): \(test.words)")
            throw Exit.no
        }
        print("\(channel): delivered in \(took): \(test.words)")
    }
}
