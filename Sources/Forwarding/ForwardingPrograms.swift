import Glibc
import JSONTree
import Programs

/// The programs that forwarding is done with.
package struct ForwardingPrograms: Hashable, Sendable {
    /// Paths; nil if it is not installed.
    package var nft: String?
    package var conntrack: String?

    package init(nft: String?, conntrack: String?) { (self.nft, self.conntrack) = (nft, conntrack) }

    /// Those of this machine. Looked up each time that they are needed, as they may be installed while we run.
    package static var installed: ForwardingPrograms {
        ForwardingPrograms(nft: path(of: "nft"), conntrack: path(of: "conntrack"))
    }

    private static func path(of program: String) -> String? {
        ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/local/bin"].lazy.map { "\($0)/\(program)" }
            .first { access($0, X_OK) == 0 }
    }

    private static let threads = ProgramThreads(2)
    /// Then a program is killed, and what it has started with it.
    private static let limit = Duration.seconds(10)

    /// Runs one of them to its end even if the task is cancelled: what was begun is not left half done. More than
    /// 16 MiB of its output is dropped.
    static func run(_ path: String, _ arguments: [String], input: [UInt8] = []) async -> ProgramOutcome {
        let program = Program(path, arguments, input: input, output: .beginning(16 << 20))
        return await Task { await threads.run(program, until: .now + limit) }.value
    }
}

/// nft, told to look at or to change our table and nothing else.
package struct Nft: Sendable {
    private let path: String

    package init(_ programs: ForwardingPrograms = .installed) throws(ForwardingError) {
        guard let path = programs.nft else { throw .noProgram }
        self.path = path
    }

    /// What is in force; nil if there is no table.
    func listing() async throws(ForwardingError) -> Listing? {
        guard try await hasTable else { return nil }
        let output = try await run(["-j", "list", "table", Ruleset.family, Ruleset.table])
        guard let listing = Listing(output: output) else { throw .unreadable(path) }
        return listing
    }

    /// The same in nft's own words.
    package func text() async throws(ForwardingError) -> String? {
        guard try await hasTable else { return nil }
        return String(decoding: try await run(["list", "table", Ruleset.family, Ruleset.table]), as: UTF8.self)
    }

    func replace(with ruleset: Ruleset) async throws(ForwardingError) {
        _ = try await run(["-j", "-f", "-"], input: ruleset.commands.octets)
    }

    /// Takes the table away; false if there was none.
    @discardableResult
    package func remove() async throws(ForwardingError) -> Bool {
        guard try await hasTable else { return false }
        _ = try await run(["-j", "-f", "-"], input: Ruleset.removal.octets)
        return true
    }

    private var hasTable: Bool {
        get async throws(ForwardingError) {
            let output = try await run(["-j", "list", "tables", Ruleset.family])
            guard let tables = JSONValue(output)?["nftables"]?.array else { throw .unreadable(path) }
            return tables.contains { $0["table"]?["name"]?.string == Ruleset.table }
        }
    }

    private func run(_ arguments: [String], input: [UInt8] = []) async throws(ForwardingError) -> [UInt8] {
        let outcome = await ForwardingPrograms.run(path, arguments, input: input)
        switch outcome.ending {
        case .exited(0): return outcome.output
        case .exited: throw Self.cause(outcome.errors)
        case .killed(let signal): throw .killed(path, signal: signal)
        case .timedOut, .neverStarted, .cancelled: throw .timedOut(path)
        case .cannotStart(let code): throw .cannotStart(path, errno: code)
        }
    }

    /// nft has one exit code for everything; what is different is the error of the system, in the words of the C library.
    private static func cause(_ errors: [UInt8]) -> ForwardingError {
        let text = String(decoding: errors, as: UTF8.self)
        if text.contains("Operation not permitted") { return .notPermitted }
        let words = String((text.split(separator: "\n").first ?? "no reason was given").prefix(300))
        let isMissing = ["Protocol not supported", "Operation not supported", "Address family not supported"].contains {
            text.contains($0)
        }
        // A chain of a type that the kernel has not is answered like a table that is not there.
        if isMissing || text.contains("No such file or directory") { return .noKernelSupport(words) }
        return .refused(words)
    }
}
