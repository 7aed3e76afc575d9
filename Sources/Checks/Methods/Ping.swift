import Addresses
import NIOCore

/// `ping`: an address answers ICMP echo requests (RFC 792, RFC 4443 §4.1).
package struct Ping: Check {
    package static let method = "ping"
    package static let summary = "An address answers ICMP echo requests, over IPv4 or IPv6."
    package static let parameters =
        [
            CheckParameter(
                "host", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true, "Whom to ask."),
            CheckParameter("count", .integer(1...20), "How many requests to send; 3 if not given."),
            CheckParameter(
                "loss", .integer(0...95), "How many of a hundred may go unanswered; 50 if not given."),
            CheckParameter("max-time", .text, form: Period.form, "The mean time of the answers must not be longer."),
        ] + Server.options

    private let destination: Destination
    private let count: Int
    private let allowedLoss: Int
    private let longest: Duration?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let host = reader.read("host", Host.init)
        count = reader.integer("count") ?? 3
        allowedLoss = reader.integer("loss") ?? 50
        longest = reader.read("max-time", Period.parse)
        let reroute = reader.read("addr", Host.init)
        let choice = reader.choice("address", default: AddressChoice.any)
        destination = Destination(
            host: try reader.require(host), reroute: reroute, choice: choice,
            resolver: .system.forbidding(reader.forbidden))
    }

    package var target: String { "\(destination.host)" + (destination.reroute.map { " at \($0)" } ?? "") }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let (limit, loop) = (TimeLimit(timeout), group.next())
        return await destination.probeAddresses(within: limit, on: loop) { address, limit in
            // As many as may be lost need not be waited for long.
            let needed = max(1, count - count * allowedLoss / 100)
            switch await EchoExchange.run(to: address, count: count, needed: needed, within: limit, on: loop) {
            case .failure(let fault): return .err(fault.words)
            case .success(let times): return judge(times, within: limit)
            }
        }
    }

    private func judge(_ times: [Duration], within limit: TimeLimit) -> Verdict {
        guard !times.isEmpty else {
            return .err(
                "no answer to \(count == 1 ? "1 request" : "\(count) requests") within \(inWords(limit.timeout))")
        }
        let lost = count - times.count
        let mean = times.reduce(.zero, +) / times.count
        let told = "\(times.count) of \(count) answered, \(inWords(mean)) on average"
        if lost * 100 > allowedLoss * count { return .err("\(told), \(allowedLoss) % loss allowed") }
        if let longest, mean > longest { return .err("\(told), longer than \(inWords(longest))") }
        return .ok(told)
    }
}
