import NIOCore

// How a probe flows. Each part knows only the one below it:
//
//   Methods/      http-grep, tcp …: arguments in, one `ProbeResult` out
//       │         a method is a `Conversation`: what to send, what the answer means. No sockets, no clocks.
//       ▼
//   Connection/   Exchange: resolve ─► connect ─► TLS ─► converse ─► close, against one deadline,
//       │         on one event loop, with one suspension of the caller and no further task
//       ▼
//   SwiftNIO

/// A method of testing one target. One file per method; each is listed in `CheckMethod.all`.
package protocol Check: Sendable, CustomStringConvertible, CustomReflectable {
    /// What the method is called in the configuration: `http-grep`.
    static var method: String { get }
    /// One line for `--help` and the documentation.
    static var summary: String { get }
    /// Every argument the method takes, in the order in which the documentation lists them.
    static var parameters: [CheckParameter] { get }

    /// Takes the arguments it knows; throws for a missing, malformed or contradictory one.
    init(_ arguments: CheckArguments) throws(CheckArgumentErrors)

    /// Probes once. Never throws, never takes longer than `timeout`: whatever happens is a result with a reason.
    /// A cancelled task ends the probe at once, with the reason `cancelled`.
    func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult

    /// What is probed, for people: `http://cat.example.test:8080/ at 127.0.0.11`.
    var target: String { get }

    /// Where `ProbeWorkers` may do the same probe; nil if it needs more than one plain connection to a known address.
    var plain: PlainServer? { get }
    /// What is then said over the connection, anew for each probe.
    func talk() -> PlainTalk
}

extension Check {
    /// Method and target. Nothing else of a check is ever printed, as there may be secrets in it.
    package var description: String { "\(Self.method) \(target)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where one argument of a check comes from and what it looks like.
package struct CheckParameter: Sendable {
    package enum Kind: Sendable {
        case text
        case integer(ClosedRange<Int>)
        /// `true` or `false`; in `options:` the name alone.
        case flag
    }

    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    /// May also be given in `options:` (`addr=127.0.0.11 insecure`).
    package var isOption: Bool
    /// What a right value looks like: `http://HOST[:PORT]/PATH`.
    package var form: String
    package var summary: String

    /// `form` need only be given for `.text`.
    package init(
        _ name: String, _ kind: Kind, form: String? = nil, required: Bool = false, option: Bool = false,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        isRequired = required
        isOption = option
        self.form = form ?? kind.form
        self.summary = summary
    }
}

extension CheckParameter.Kind {
    /// What a right value looks like, as far as the kind says.
    var form: String {
        switch self {
        case .text: "a text that is not empty"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        }
    }
}

/// The arguments of one check as they were written: scalar text by key. `options`, if it is among the keys,
/// is taken apart by `CheckMethod.make`.
package struct CheckArguments: Sendable {
    package var values: [String: String]
    /// Where the check must not go.
    package var forbidden: AddressBan

    package init(_ values: [String: String], forbidden: AddressBan = AddressBan()) {
        self.values = values
        self.forbidden = forbidden
    }
}

/// Everything that is wrong with the arguments of one check.
package struct CheckArgumentErrors: Error, Hashable, Sendable {
    package var errors: [CheckArgumentError]
    package init(_ errors: [CheckArgumentError]) { self.errors = errors }
}

package struct CheckArgumentError: Hashable, Sendable {
    /// The key that is wrong or missing: `url`, `addr`.
    package var key: String
    /// What was written; nil if it is missing.
    package var value: String?
    /// What is wrong: `is not a URL`.
    package var problem: String
    /// What would be right: `http://HOST[:PORT]/PATH`.
    package var expected: String

    package init(key: String, value: String?, problem: String, expected: String) {
        self.key = key
        self.value = value
        self.problem = problem
        self.expected = expected
    }
}

extension CheckArgumentError: CustomStringConvertible {
    /// One line: `status "9000" is not an HTTP status; right is: 200, 200-399 or a list of both`.
    package var description: String {
        let written = value.map { " \"\(printable($0, limit: 200))\"" } ?? ""
        return "\(key)\(written) \(problem)\(expected.hasPrefix("did you mean") ? ": " : "; right is: ")\(expected)"
    }
}

/// What one probe found, in words, and where its time went.
package struct ProbeResult: Hashable, Sendable {
    package var isSuccess: Bool
    /// `status 200, "status=OK" found` or `connection refused`, `timed out after 5 s while connecting`.
    package var reason: String
    package var phases: ProbePhases
    /// The address that was talked to last; nil if it never came to a connection attempt.
    package var address: String?

    package init(isSuccess: Bool, reason: String, phases: ProbePhases = ProbePhases(), address: String? = nil) {
        self.isSuccess = isSuccess
        self.reason = reason
        self.phases = phases
        self.address = address
    }
}

/// How long each phase of a probe took; nil for a phase that was not reached or does not exist.
/// Where redirects were followed, each phase is the sum over all connections.
package struct ProbePhases: Hashable, Sendable {
    package var resolve: Duration?
    package var connect: Duration?
    package var tls: Duration?
    /// From the connection (or the end of the TLS handshake) to the first byte that came back.
    package var firstByte: Duration?
    /// From the call of `probe` to its result.
    package var total: Duration = .zero
    /// What the TLS handshake showed beside: when the server's certificate ends, seconds since 1970; nil without one.
    package var certificateEnd: Int?
    package init() {}
}
