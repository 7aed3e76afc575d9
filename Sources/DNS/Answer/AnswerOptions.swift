/// What replies say about the server itself, and how it tells clients apart: everything that an answer depends on
/// besides the zones, the dynamic names and the client.
package struct AnswerOptions: Hashable, Sendable {
    /// Which server of an anycast set this is, for clients that ask by EDNS (RFC 5001): at most 128 octets. Empty
    /// says nothing.
    package var serverIdentifier: [UInt8] = []
    /// What `version.bind` and `version.server` say (class CH, TXT); nil refuses the question. At most 255 octets
    /// here and below.
    package var version: String?
    /// What `id.server` and `hostname.bind` say (RFC 4892); nil refuses the question.
    package var identity: String?
    /// What cookies are made with, and a second one that is accepted too; none turns cookies off.
    package var cookieSecrets: [CookieSecret] = []
    /// nil for no limit.
    package var rateLimit: RateLimit?

    /// Says nothing and limits nothing.
    package init() {}
}

/// `AnswerOptions` as the query path reads them: flat memory, immutable, replaced whole.
package final class StoredOptions: @unchecked Sendable {  // its memory never changes after init, and it alone frees it
    private let memory: UnsafeMutableRawPointer
    private let content: UnsafeMutablePointer<Content>
    private let rates: RateTable?

    /// No option at all.
    package static let none = StoredOptions(AnswerOptions(), rates: nil)

    /// `rates` is where replies are counted; without it there is no limit. Successive options share one.
    package init(_ options: AnswerOptions, rates: RateTable?) {
        precondition(options.serverIdentifier.count <= 128)
        self.rates = rates
        let exempt = options.rateLimit?.exempt.map(NetworkMask.init) ?? []
        var writer = ArenaWriter(exactCapacity: 2048)
        for mask in exempt { writer.append(mask) }
        let identifierStart = writer.count
        if !options.serverIdentifier.isEmpty {
            writer.appendWire(EDNSOption.serverIdentifier)
            writer.appendWire(UInt16(options.serverIdentifier.count))
            writer.append(contentsOf: options.serverIdentifier)
        }
        let chaosStart = writer.count
        for (name, text) in [
            ("version.bind", options.version), ("version.server", options.version), ("id.server", options.identity),
            ("hostname.bind", options.identity),
        ] {
            if let text { writer.append(chaosName: name, text: text) }
        }
        writer.append(0)
        memory = writer.take()
        let limit = rates == nil ? nil : options.rateLimit
        let secrets = options.cookieSecrets
        content = .allocate(capacity: 1)
        content.initialize(
            to: Content(
                exempt: UnsafeRawPointer(memory).assumingMemoryBound(to: NetworkMask.self), exemptCount: exempt.count,
                identifierOption: UnsafeRawPointer(memory) + identifierStart,
                identifierLength: chaosStart - identifierStart, chaosNames: UnsafeRawPointer(memory) + chaosStart,
                secrets: secrets.first.map {
                    CookieSecrets(current: $0, other: secrets.last ?? $0, hasOther: secrets.count > 1)
                }, rates: rates?.view, perSecond: limit?.perSecond ?? 0, slip: limit?.slip ?? 0,
                v4Mask: addressMask(prefixLength: limit?.v4PrefixLength ?? 0, isIPv6: false).low,
                v6HighMask: addressMask(prefixLength: limit?.v6PrefixLength ?? 0, isIPv6: true).high,
                v6LowMask: addressMask(prefixLength: limit?.v6PrefixLength ?? 0, isIPv6: true).low))
    }

    deinit {
        content.deallocate()
        memory.deallocate()
    }

    /// The options as a plain pointer; valid as long as this lives.
    var view: UnsafePointer<Content> { UnsafePointer(content) }

    /// What the query path reads.
    struct Content: BitwiseCopyable {
        let exempt: UnsafePointer<NetworkMask>
        let exemptCount: Int
        /// The whole NSID option.
        let identifierOption: UnsafeRawPointer
        let identifierLength: Int
        /// One after the other, until a length of 0: length of the name (1 octet) · lower-cased wire name ·
        /// length of the record (2 octets, the machine's order) · the record, its owner a pointer to the question.
        let chaosNames: UnsafeRawPointer
        let secrets: CookieSecrets?
        let rates: RateTable.View?
        /// 0 is no limit.
        let perSecond: Int
        let slip: Int
        let v4Mask: UInt64
        let v6HighMask: UInt64
        let v6LowMask: UInt64
    }
}
