import Addresses
import NIOCore

/// Where the one plain TCP connection of a probe goes: no name to look up, no TLS, no redirect. Such probes are the
/// many; `ProbeWorkers` runs them on sockets of its own for a fraction of what a pipeline each would cost.
package struct PlainServer: Hashable, Sendable {
    package var address: IPAddress
    /// 1–65535.
    package var port: Int
}

extension Check {
    /// Nil for a check that needs more than one plain connection; it is then probed through `probe`.
    package var plain: PlainServer? { nil }
    package func talk() -> PlainTalk { preconditionFailure("\(Self.method) is not plain") }
}

/// A conversation whose finding is a verdict, whatever its type.
package class PlainTalk {
    func opened() -> Move<Verdict> { preconditionFailure("abstract") }
    func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> { preconditionFailure("abstract") }
    func ended(_ ending: Ending) -> Verdict { preconditionFailure("abstract") }
    var waiting: String { preconditionFailure("abstract") }
}

final class PlainTalkOf<Talk: Conversation>: PlainTalk {
    private var talk: Talk
    private let verdict: (Talk.Finding) -> Verdict

    init(_ talk: Talk, verdict: @escaping (Talk.Finding) -> Verdict) {
        self.talk = talk
        self.verdict = verdict
    }

    override func opened() -> Move<Verdict> { translated(talk.opened()) }
    override func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> { translated(talk.received(bytes)) }
    override func ended(_ ending: Ending) -> Verdict { verdict(talk.ended(ending)) }
    override var waiting: String { talk.waiting }

    private func translated(_ move: Move<Talk.Finding>) -> Move<Verdict> {
        switch move {
        case .listen: .listen
        case .send(let bytes): .send(bytes)
        case .finish(let finding): .finish(verdict(finding))
        case .secure, .sendThenSecure: preconditionFailure("a plain probe begins no TLS")
        }
    }
}
