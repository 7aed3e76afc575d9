import Addresses
import Control
import DNS
import DNSServer
import Failover

/// Hands decisions to our own DNS server.
struct LocalPublisher: Publisher {
    let server: DNSServer

    func publish(_ decision: Decision) {
        // A scheme's name was read as a domain name when the configuration was.
        guard let name = try? Name(decision.scheme.text) else { return }
        server.publish(name, DynamicAnswer(of: decision))
    }
}

extension DynamicAnswer {
    init(of decision: Decision) {
        self.init(
            Content(of: decision.answer), ttlSeconds: decision.ttlSeconds,
            extendedError: decision.isAllDown ? ExtendedError(allDownIn: decision) : nil)
    }
}

extension DynamicAnswer.Content {
    fileprivate init(of answer: Decision.Answer) {
        switch answer {
        case .nodata: self = .nodata
        case .servfail: self = .servfail
        case .addresses(let list):
            var v4: [IPv4Address] = []
            var v6: [IPv6Address] = []
            for address in list {
                switch address {
                case .v4(let address): v4.append(address)
                case .v6(let address): v6.append(address)
                }
            }
            self = .addresses(v4: v4, v6: v6)
        }
    }
}

extension ExtendedError {
    /// Says to whoever asks with EDNS that this is an emergency's answer (RFC 8914 §4.1, §4.4).
    fileprivate init(allDownIn decision: Decision) {
        let isHeld = if case .allDown(.hold) = decision.rule { true } else { false }
        self.init(
            code: isHeld ? Self.staleAnswer : Self.otherError,
            text: isHeld ? "all members are down, the last answer is held" : "all members are down")
    }
}
