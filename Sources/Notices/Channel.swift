import NIOCore

/// A way to tell people something. One file per kind in `Channels/`; each is listed in `ChannelKind.all`.
///
///     letter ─► channel: what the service wants to read ─► HTTP or SMTP ─► the service
package protocol Channel: Sendable {
    /// What the kind is called in the configuration: `webhook`.
    static var kind: String { get }
    /// One line for the documentation.
    static var summary: String { get }
    /// Every argument, in the order in which the documentation lists them.
    static var parameters: [ChannelParameter] { get }

    /// Throws for a missing, malformed or contradictory argument.
    init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors)

    /// Where it leads, for people; without secrets.
    var target: String { get }

    /// Delivers once. Whoever calls repeats it, and the service is to know that by the letter's id as far as it can.
    ///
    /// - Returns: what the service said.
    func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String
}

/// What every channel needs to deliver.
package struct Sender: Sendable {
    /// Which server this is, for people who have several.
    package var name: String
    package var group: any EventLoopGroup
    /// How long one delivery may take.
    package var timeout: Duration
    /// Seconds since 1970.
    package var now: @Sendable () -> Double

    package init(
        name: String, group: any EventLoopGroup, timeout: Duration = .seconds(30),
        now: @escaping @Sendable () -> Double
    ) {
        self.name = name
        self.group = group
        self.timeout = timeout
        self.now = now
    }
}

/// All kinds of channels there are.
package enum ChannelKind {
    package static let all: [any Channel.Type] = [
        WebhookChannel.self, EmailChannel.self, TelegramChannel.self, SlackChannel.self, NtfyChannel.self,
    ]

    package static func make(
        _ kind: String, _ arguments: ChannelArguments
    ) throws(ChannelArgumentErrors) -> any Channel {
        guard let type = all.first(where: { $0.kind == kind }) else {
            throw ChannelArgumentErrors(errors: [
                ChannelArgumentError(
                    key: "kind", value: kind, problem: "is not a kind of channel",
                    expected: "one of " + all.map { $0.kind }.joined(separator: ", "))
            ])
        }
        return try type.init(arguments)
    }
}
