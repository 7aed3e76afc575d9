import ArgumentParser
import Checks
import NIOCore
import NIOPosix

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Run one check now and print what it found.",
        discussion: """
            Exit code 0: ok; 1: failed, with the reason; 2: the arguments are wrong.

            EXAMPLES
              ninelives check http-grep url=http://cat.example.test:8080/ must-have=status=OK addr=127.0.0.11
              ninelives check http-status url=https://www.example.org/ status=200-399
              ninelives check tcp host=192.0.2.10 port=25 banner=220

            METHODS
            \(methods)
            """)

    private static var methods: String {
        CheckMethod.all.map { method in
            let parameters = method.parameters.map { parameter in
                let form = if case .flag = parameter.kind { parameter.name } else { "\(parameter.name)=…" }
                return parameter.isRequired ? form : "[\(form)]"
            }
            return "  \(method.method): \(method.summary)\n    \(parameters.joined(separator: " "))"
        }.joined(separator: "\n")
    }

    @Argument(help: "The method, such as http-grep.") var method: String
    @Argument(help: "Its arguments as key=value, or key alone for a flag.") var arguments: [String] = []
    @Option(help: "How long it may take, in milliseconds (1…600000).") var timeout = 5000

    func run() async throws {
        guard (1...600_000).contains(timeout) else {
            throw ValidationError("--timeout \(timeout) is out of range: use 1…600000 milliseconds.")
        }
        let check = try makeCheck()
        let result = await check.probe(timeout: .milliseconds(timeout), on: MultiThreadedEventLoopGroup.singleton)
        let terminal = Terminal.standardOutput
        print(
            terminal.styled(result.isSuccess ? "ok" : "err", result.isSuccess ? .green : .red)
                + "  \(check.target): \(result.reason)")
        print(terminal.styled(phases(of: result), .dim))
        if !result.isSuccess { throw Exit.no }
    }

    private func makeCheck() throws -> any Check {
        var values: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard values[key] == nil else {
                printError("\(key) is given twice; give it once.")
                throw Exit.wrong
            }
            values[key] = parts.count == 2 ? String(parts[1]) : "true"
        }
        do {
            return try CheckMethod.make(method: method, arguments: CheckArguments(values))
        } catch {
            for error in error.errors { printError("\(error)") }
            throw Exit.wrong
        }
    }

    private func phases(of result: ProbeResult) -> String {
        let phases = result.phases
        let named: [(String, Duration?)] = [
            ("resolve", phases.resolve), ("connect", phases.connect), ("tls", phases.tls),
            ("first byte", phases.firstByte), ("total", phases.total),
        ]
        return named.compactMap { name, duration in
            duration.map { "\(name) \(($0 / .microseconds(1) / 10).rounded() / 100) ms" }
        }.joined(separator: ", ")
    }
}
