/// Response rate limiting: what becomes of a reply that is ready to be sent over UDP.
extension Composer {
    /// Lets the reply pass, or puts a shorter one in its place, or none.
    ///
    /// The shorter reply has no record but OPT: TC sends an honest client to TCP, and one that sent a cookie, even a
    /// wrong one, gets BADCOOKIE and a good cookie to come back with (RFC 7873 §5.2.3).
    ///
    /// - Parameter length: of the reply as it is.
    /// - Returns: the length of the reply, 0 for none.
    @inline(__always)
    mutating func limit(_ length: Int, for client: AskingClient) -> Int {
        guard source.options.pointee.perSecond > 0, !hasProvenAddress, length > 0 else { return length }
        return limitUnlessExempt(length, for: client)
    }

    private mutating func limitUnlessExempt(_ length: Int, for client: AskingClient) -> Int {
        let exempt = source.options.pointee.exempt
        for index in 0..<source.options.pointee.exemptCount where exempt[index].contains(client) { return length }
        guard let rates = source.options.pointee.rates else { return length }
        return limit(length, for: client, rates)
    }

    @inline(never)
    private mutating func limit(_ length: Int, for client: AskingClient, _ rates: RateTable.View) -> Int {
        let own = source.options.pointee
        let kind = replyKind
        let count = rates.count(
            high: client.isIPv6 ? client.addressHigh & own.v6HighMask : 0,
            low: client.addressLow & (client.isIPv6 ? own.v6LowMask : own.v4Mask), isIPv6: client.isIPv6, kind: kind,
            nowSeconds: client.nowSeconds)
        let excess = count &- own.perSecond
        if excess <= 0 { return length }
        guard own.slip > 0, excess % own.slip == 0 else {
            rates.addDropped()
            return 0
        }
        rates.addSlipped()
        keepCookieOnly()
        clearErrorOption()
        isAuthoritative = false
        if planned.hasCookie {
            discardSections()
            return finish(.badCookie)
        }
        truncate()
        // An error stays one; anything else is not told before the client has shown that it is there.
        return finish(kind == .error ? code : .noError)
    }

    private var replyKind: ReplyKind {
        if isDenial || code == .nxDomain { return .denial }
        if code != .noError { return .error }
        return isReferral ? .referral : .answer
    }
}
