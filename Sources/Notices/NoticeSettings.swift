/// Who is told what, and by which ways.
package struct NoticeSettings: Sendable {
    /// Sorted by name.
    package var channels: [NamedChannel]
    package var subscriptions: [Subscription]
    /// How many days before a certificate's end it is told, falling.
    package var certificateDays: [Int]
    /// Which server this is, in notices; nil: the machine's name.
    package var name: String?

    package static let standardCertificateDays = [21, 7, 2]

    package init(
        channels: [NamedChannel] = [], subscriptions: [Subscription] = [],
        certificateDays: [Int] = standardCertificateDays, name: String? = nil
    ) {
        self.channels = channels
        self.subscriptions = subscriptions
        self.certificateDays = certificateDays
        self.name = name
    }
}
