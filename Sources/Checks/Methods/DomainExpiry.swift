import FoundationEssentials
import JSONTree
import NIOCore

/// `whois-expiry`: a domain's registration will last a while, as its registry's RDAP server says (RFC 9082, RFC 9083).
package struct DomainExpiry: Check {
    package static let method = "whois-expiry"
    package static let summary = "A domain's registration does not expire soon (asked by RDAP, the successor of whois)."
    package static let parameters =
        [
            CheckParameter("domain", .text, form: "a registered domain name", required: true, "Whose registration."),
            CheckParameter("days", .integer(0...3650), "Days that it must still last; 30 if not given."),
            CheckParameter(
                "server", .text, form: WebAddress.form,
                "The RDAP server's base URL; https://rdap.org/, which knows the others, if not given."),
            Destination.addr,
        ] + TLSArguments.parameters

    private let probe: HTTPProbe
    private let domain: String
    private let days: Int

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let host = reader.read("domain", Host.init)
        if let host, host.name == nil { reader.refuse("domain", "is an address") }
        days = reader.integer("days") ?? 30
        let server = reader.read("server") { text throws(WebAddress.Fault) in try WebAddress(text) }
        for key in ["addr", "insecure", "ca"] { _ = reader.text(key) }
        domain = try reader.require(host).name ?? ""
        let base = server.map { "\($0)" } ?? "https://rdap.org/"
        var values = [
            "url": "\(base)\(base.hasSuffix("/") ? "" : "/")domain/\(domain)", "redirects": "true",
            "headers": "Accept: application/rdap+json",
        ]
        for key in ["addr", "insecure", "ca"] { values[key] = arguments.values[key] }
        var inner = ArgumentReader(CheckArguments(values, forbidden: arguments.forbidden), of: HTTPStatus.self)
        probe = try HTTPProbe(&inner, expecting: HTTPExpectation(wantsBody: true))
    }

    package var target: String { "\(domain) by \(probe.target)" }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await probe.run(timeout: timeout, on: group) { judge($0) }
    }

    private func judge(_ answer: HTTPAnswer) -> Verdict {
        guard !answer.isCut, let json = JSONValue(answer.body), let events = json["events"]?.array
        else {
            return .err("the answer is not RDAP")
        }
        let expiry = events.first { $0["eventAction"] == "expiration" }
        guard let text = expiry?["eventDate"]?.string else {
            return .err("the registry does not say when \(domain) expires")
        }
        guard let date = Self.date(text) else {
            return .err("the answer is not RDAP: date \"\(printable(text.utf8))\"")
        }
        let left = Int((date.timeIntervalSinceNow / 86400).rounded(.down))
        if left < 0 { return .err("\(domain) expired on \(printable(text.prefix(10).utf8))") }
        guard left >= days else {
            return .err("\(domain) expires in \(inWords(days: left)), expected at least \(days)")
        }
        return .ok("\(domain) expires in \(inWords(days: left)), on \(printable(text.prefix(10).utf8))")
    }

    /// RFC 3339, with fractions of a second or without.
    private static func date(_ text: String) -> Date? {
        (try? Date.ISO8601FormatStyle().parse(text))
            ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }
}
