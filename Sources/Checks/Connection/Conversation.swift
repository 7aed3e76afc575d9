import Addresses
import NIOCore

/// What one method says over one open connection and what it makes of the answer: a state machine without
/// sockets, clocks or threads. `Exchange` opens the connection, keeps the time and closes it.
///
/// To add a method that connects: write a conversation, and a `Check` that reads its arguments and runs it.
protocol Conversation: Sendable {
    /// What the method learns in the end.
    associatedtype Finding: Sendable

    /// The connection is open, without TLS.
    mutating func opened() -> Move<Finding>
    /// TLS is up, at the start or because of `Move.secure`. The same as `opened` unless a method cares.
    mutating func secured(_ session: TLSSession) -> Move<Finding>
    /// These bytes came, in this order, cut anywhere. The memory is only valid during the call.
    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Finding>
    /// The other side ended the connection before the conversation was finished.
    func ended(_ ending: Ending) -> Finding
    /// What is being waited for; completes `timed out after 5 s …`: `waiting for the first byte`.
    var waiting: String { get }
}

extension Conversation {
    mutating func secured(_ session: TLSSession) -> Move<Finding> { opened() }
}

/// What happens next in a conversation.
enum Move<Finding: Sendable>: Sendable {
    case listen
    case send(ByteBuffer)
    /// Begins TLS on this connection (STARTTLS); `Conversation.secured` follows.
    case secure(TLSIdentity)
    /// The same, once these bytes have been sent in the clear.
    case sendThenSecure(ByteBuffer, TLSIdentity)
    case finish(Finding)
}

/// How the other side ended a connection.
enum Ending: String, Sendable {
    case closed, reset

    /// `closed the connection before answering`.
    func words(_ when: String) -> String { "\(rawValue) the connection \(when)" }
}

/// What a method found, for those that have nothing more to tell than a verdict and its reason.
struct Verdict: Hashable, Sendable {
    var isSuccess: Bool
    var reason: String

    static func ok(_ reason: String) -> Verdict { Verdict(isSuccess: true, reason: reason) }
    static func err(_ reason: String) -> Verdict { Verdict(isSuccess: false, reason: reason) }
}

/// Where a connection goes and how it is secured.
struct Endpoint: Sendable {
    var host: Host
    /// 1–65535.
    var port: Int
    /// Nil: without TLS.
    var tls: TLSIdentity?
}

/// The time one probe may take in all, counted from its start.
struct TimeLimit: Sendable {
    let start: NIODeadline
    let timeout: Duration
    var end: NIODeadline { start + TimeAmount(timeout) }

    init(_ timeout: Duration) {
        start = .now()
        self.timeout = timeout
    }

    /// How long it has been since the start.
    var elapsed: Duration { Duration(NIODeadline.now() - start) }
}

extension ProbeResult {
    /// The result of a method that needs one connection only.
    init<Talk: Conversation>(_ report: Exchange<Talk>.Report, within limit: TimeLimit) where Talk.Finding == Verdict {
        switch report.outcome {
        case .failed(let reason): self.init(.err(reason), report.phases, at: report.address, within: limit)
        case .found(let verdict): self.init(verdict, report.phases, at: report.address, within: limit)
        }
    }

    /// The result of a method whose time is up or who knows enough.
    init(_ verdict: Verdict, _ phases: ProbePhases, at address: IPAddress?, within limit: TimeLimit) {
        var phases = phases
        phases.total = limit.elapsed
        self.init(
            isSuccess: verdict.isSuccess, reason: verdict.reason, phases: phases, address: address?.description)
    }
}
