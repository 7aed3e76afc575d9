import NIOCore
import NIOSSL

/// A method of testing one target. One file per method; each is listed in `CheckMethod.all`.
package protocol Check: Sendable {
    /// What the method is called in the configuration: `http-grep`.
    static var method: String { get }
    /// One line for `--help` and the documentation.
    static var summary: String { get }
    /// Every argument the method takes, in the order in which the documentation lists them.
    static var parameters: [CheckParameter] { get }

    /// Takes the arguments it knows; throws for a missing, malformed or contradictory one.
    init(_ arguments: CheckArguments) throws(CheckArgumentErrors)

    /// Probes once. Never throws, never takes longer than `timeout`: whatever happens is a result with a reason.
    func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult

    /// What is probed, for people: `http://cat.example.test:8080/ at 127.0.0.11`.
    var target: String { get }
}

/// Where one argument of a check comes from and what it looks like.
package struct CheckParameter: Sendable {
    package enum Kind: Sendable {
        case text
        case integer(ClosedRange<Int>)
        case flag
    }

    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    /// May also be given in `options:` (`addr=127.0.0.11 insecure`).
    package var isOption: Bool
    package var summary: String

    package init(_ name: String, _ kind: Kind, required: Bool = false, option: Bool = false, _ summary: String) {
        self.name = name
        self.kind = kind
        isRequired = required
        isOption = option
        self.summary = summary
    }
}

/// The arguments of one check as they were written: scalar text by key, with `options:` already taken apart.
package struct CheckArguments: Sendable {
    package var values: [String: String]
    package init(_ values: [String: String]) { self.values = values }
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

/// What one probe found, in words, and where its time went.
package struct ProbeResult: Hashable, Sendable {
    package var isSuccess: Bool
    /// `status 200, "status=OK" found` or `connection refused`, `timed out after 5 s while connecting`.
    package var reason: String
    package var phases: ProbePhases

    package init(isSuccess: Bool, reason: String, phases: ProbePhases = ProbePhases()) {
        self.isSuccess = isSuccess
        self.reason = reason
        self.phases = phases
    }
}

/// How long each phase of a probe took; nil for a phase that was not reached or does not exist.
package struct ProbePhases: Hashable, Sendable {
    package var resolve: Duration?
    package var connect: Duration?
    package var tls: Duration?
    package var firstByte: Duration?
    package var total: Duration = .zero
    package init() {}
}
