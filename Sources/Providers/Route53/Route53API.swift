import DNS
import Foundation
import NIOHTTP1
import Secrets

/// Route 53's endpoints, signed, and its errors.
struct Route53API: Sendable {
    enum Action: Hashable, Sendable {
        /// Made or replaced, whatever is there.
        case upsert(RRset)
        /// Exactly this one: if there is another, nothing is done.
        case delete(RRset)
    }

    private let url: String
    private let accessKey: SecretPlace
    private let secretKey: SecretPlace
    private let sessionToken: SecretPlace?
    private let signature: RequestSignature
    private let caller: HTTPCaller
    private let limit: RateLimit
    private static let version = "/2013-04-01"

    init(
        url: String, accessKey: SecretPlace, secretKey: SecretPlace, sessionToken: SecretPlace?,
        signature: RequestSignature, requestsPerSecond: Int, caller: HTTPCaller
    ) {
        self.url = url
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        self.signature = signature
        limit = RateLimit(count: requestsPerSecond, per: .seconds(1))
        self.caller = caller
    }

    // MARK: Endpoints

    /// The id of the public zone of exactly this name, or of a private one if there is no public one; else nil.
    func zone(named name: Name, until deadline: Deadline) async throws(ProviderError) -> String? {
        let query = [("dnsname", name.inLowerCase.description), ("maxitems", "20")]
        let answer = try await ask(.GET, "/hostedzonesbyname", query: query, until: deadline)
        let zones = (answer["HostedZones"]?.all("HostedZone") ?? []).filter {
            $0["Name"]?.text.lowercased() == name.inLowerCase.description
        }
        let zone = zones.first { $0["Config"]?["PrivateZone"]?.text != "true" } ?? zones.first
        // `/hostedzone/Z123` or `Z123`.
        return zone?["Id"]?.text.split(separator: "/").last.map(String.init)
    }

    /// All record sets of the name.
    func sets(of owner: Name, zone: String, until deadline: Deadline) async throws(ProviderError) -> [Route53Set] {
        let query = [("name", owner.inLowerCase.description), ("maxitems", "100")]
        let answer = try await ask(.GET, "/hostedzone/\(zone)/rrset", query: query, until: deadline)
        return (answer["ResourceRecordSets"]?.all("ResourceRecordSet") ?? []).compactMap { Route53Set($0, of: owner) }
    }

    /// A change that was accepted, and how far it has got: `PENDING` or `INSYNC`.
    struct Accepted: Sendable {
        var id: String
        var status: String
    }

    /// Makes all or nothing.
    func make(_ actions: [Action], zone: String, until deadline: Deadline) async throws(ProviderError) -> Accepted {
        let changes = actions.map(Self.xml).joined()
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">\
            <ChangeBatch><Changes>\(changes)</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>
            """
        let answer = try await ask(.POST, "/hostedzone/\(zone)/rrset/", body: Data(body.utf8), until: deadline)
        guard let id = answer["ChangeInfo"]?["Id"]?.text.split(separator: "/").last.map(String.init), !id.isEmpty
        else { throw .outcomeUnknown(words: "the change has no id") }
        return Accepted(id: id, status: answer["ChangeInfo"]?["Status"]?.text ?? "")
    }

    /// Asks every two seconds. A change that is still pending when the time is over has been accepted all the same.
    func waitUntilInSync(_ accepted: Accepted, until deadline: Deadline) async throws(ProviderError) {
        var change = accepted
        let pause = Duration.seconds(2)
        while change.status != "INSYNC" {
            let words = oneLine("change \(change.id) is accepted and \(change.status)")
            guard deadline.remaining > pause else { throw .outcomeUnknown(words: words) }
            do {
                try await ContinuousClock().sleep(for: pause)
            } catch {
                throw .outcomeUnknown(words: words)
            }
            let answer = try await ask(.GET, "/change/\(change.id.percentEncoded)", until: deadline)
            change.status = answer["ChangeInfo"]?["Status"]?.text ?? ""
        }
    }

    private static func xml(_ action: Action) -> String {
        let (word, set) =
            switch action {
            case .upsert(let set): ("UPSERT", set)
            case .delete(let set): ("DELETE", set)
            }
        let values = set.valueTexts.map {
            "<ResourceRecord><Value>\($0.xmlEscaped)</Value></ResourceRecord>"
        }.joined()
        return """
            <Change><Action>\(word)</Action><ResourceRecordSet>\
            <Name>\(set.owner.inLowerCase.description.xmlEscaped)</Name><Type>\(set.type)</Type>\
            <TTL>\(set.ttlSeconds)</TTL><ResourceRecords>\(values)</ResourceRecords></ResourceRecordSet></Change>
            """
    }

    // MARK: One call

    private func ask(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: Data? = nil,
        until deadline: Deadline
    ) async throws(ProviderError) -> XMLElement {
        guard let place = URLComponents(string: url + Self.version + path), let host = place.host else {
            preconditionFailure("the URL was looked at before: \(url)")
        }
        let isStandardPort = place.port == nil || place.port == (place.scheme == "https" ? 443 : 80)
        let request = RequestSignature.Request(
            method: method.rawValue, host: isStandardPort ? host : "\(host):\(place.port ?? 0)",
            path: place.percentEncodedPath, query: query, body: body ?? Data())
        let credentials = RequestSignature.Credentials(
            accessKey: try accessKey.read().reveal(), secret: try secretKey.read(),
            sessionToken: try sessionToken?.read())
        try await limit.wait(until: deadline)
        let text = RequestSignature.query(of: request)
        var call = HTTPCall(
            method, url + Self.version + path + (text.isEmpty ? "" : "?\(text)"),
            headers: signature.headers(for: request, by: credentials, at: Date().timeIntervalSince1970), body: body,
            effect: body == nil ? .none : .changes,
            secrets: [credentials.secret] + (credentials.sessionToken.map { [$0] } ?? []))
        if body != nil { call.headers.append(("content-type", "application/xml")) }
        let reply = try await caller.send(call, until: deadline)
        let document = XMLElement(document: reply.text)
        guard (200..<300).contains(reply.status) else {
            throw Route53Fault(document, reply: reply, call: call).error
        }
        guard let document, document.name.hasSuffix("Response") else { throw reply.failure(of: call) }
        return document
    }
}

/// An error answer, and what it means.
struct Route53Fault {
    private let code: String
    private let words: String
    private let reply: HTTPReply
    private let call: HTTPCall

    /// `<ErrorResponse><Error><Code>…`, or the code as the root: `<InvalidChangeBatch><Messages><Message>…`.
    init(_ document: XMLElement?, reply: HTTPReply, call: HTTPCall) {
        let all = document?.descendants ?? []
        code = all.first { $0.name == "Code" }?.text ?? document?.name ?? ""
        let messages = all.filter { $0.name == "Message" }.map { $0.text.filter { $0 != "\n" } }.filter { !$0.isEmpty }
        let said = document == nil ? reply.summary : "\(messages.joined(separator: "; ")) (\(code))"
        words = call.secrets.reduce(oneLine(said)) { $1.redacted(from: $0) }
        self.reply = reply
        self.call = call
    }

    var error: ProviderError {
        switch code {
        case "Throttling", "ThrottlingException", "RequestLimitExceeded", "PriorRequestNotComplete":
            return .unavailable(.rateLimited, words: words, retryAfter: reply.retryAfter)
        case "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied", "AccessDeniedException", "ExpiredToken",
            "MissingAuthenticationToken", "MissingAuthenticationTokenException", "UnrecognizedClientException",
            "IncompleteSignature", "InvalidAccessKeyId", "OptInRequired", "InvalidSignatureException":
            return .refused(.credentials, words: words)
        case "NoSuchHostedZone": return .refused(.noSuchZone, words: words)
        case "InvalidChangeBatch":
            let text = words.lowercased()
            if text.contains("but it was not found") || text.contains("but it already exists")
                || text.contains("do not match the current values")
            {
                return .conflict(words: words)
            }
            let isInTheWay = text.contains("conflicting rrset") || text.contains("is not permitted because")
            return .refused(isInTheWay ? .recordInTheWay : .invalid, words: words)
        case "InvalidInput", "InvalidDomainName", "InvalidArgument": return .refused(.invalid, words: words)
        default: return reply.failure(of: call, words: words)
        }
    }
}
