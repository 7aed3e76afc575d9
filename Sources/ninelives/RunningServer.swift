import Accounts
import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Settings

/// How a command finds the server that is running, and proves who asks.
struct ServerOptions: ParsableArguments {
    @Option(help: "Where the running server's page is.")
    var url = "http://127.0.0.1:8053"

    @Option(
        help: ArgumentHelp(
            "A file with a token of yours.",
            discussion:
                "Without it NINELIVES_TOKEN is taken, or the running server's own local.token if it is readable.")
    )
    var tokenFile: String?

    var server: RunningServer { RunningServer(url: url, tokenFile: tokenFile) }
}

/// A running server, asked over its HTTP API.
struct RunningServer {
    let url: String
    var tokenFile: String?

    /// Says at once that nobody listens, instead of trying again. It lives as long as the command.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    enum Answer {
        case found(Data)
        case notFound
    }

    /// Fetches one document; ends the command with a plain sentence if the server cannot be reached.
    func get(_ path: String) async throws -> Answer {
        try await ask(.GET, path)
    }

    /// The same with another method.
    func ask(_ method: HTTPMethod, _ path: String) async throws -> Answer {
        let (status, body) = try await send(method, path)
        switch status {
        case 200..<300: return .found(body)
        case 404: return .notFound
        default: throw refused(status, body)
        }
    }

    /// Orders something; ends the command with the server's own words if it will not.
    func order(
        _ method: HTTPMethod, _ path: String, json: String? = nil, ifMatch base: Int? = nil
    ) async throws -> Data {
        let (status, body) = try await send(method, path, json: json, ifMatch: base)
        guard (200..<300).contains(Int(status)) else { throw refused(status, body) }
        return body
    }

    /// Orders something of the demo; true if it was done, false if there is no such thing.
    func post(_ path: String) async throws -> Bool {
        let (status, body) = try await send(.POST, path)
        switch status {
        case 200..<300: return true
        case 404: return false
        default: throw refused(status, body)
        }
    }

    /// Asks with each token there is until one is taken.
    private func send(
        _ method: HTTPMethod, _ path: String, json: String? = nil, ifMatch base: Int? = nil
    ) async throws -> (UInt, Data) {
        var last: (UInt, Data) = (0, Data())
        for token in try tokens() {
            var request = HTTPClientRequest(url: url + path)
            request.method = method
            request.headers.add(name: "X-Ninelives", value: "1")
            if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
            if let base { request.headers.add(name: "If-Match", value: "\"\(base)\"") }
            if let json {
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .bytes(ByteBuffer(string: json))
            }
            do {
                let response = try await Self.client.execute(request, timeout: .seconds(30))
                let body = try await response.body.collect(upTo: 64 << 20)
                last = (response.status.code, Data(body.readableBytesView))
            } catch {
                throw unreachable("\(error)")
            }
            if last.0 != 401 { return last }
        }
        return last
    }

    /// The token that was given; otherwise those of servers on this machine, and none.
    private func tokens() throws -> [String?] {
        if let tokenFile {
            guard let token = Self.token(in: tokenFile) else {
                printError("\(tokenFile) cannot be read, or is empty: it should hold one token.")
                throw Exit.wrong
            }
            return [token]
        }
        if let token = ProcessInfo.processInfo.environment["NINELIVES_TOKEN"] { return [token] }
        let folders = [Settings.standardDataFolder, "/var/lib/ninelives", DemoCommand.standardFolder]
        return folders.compactMap { Self.token(in: Accounts.localTokenPath(in: $0)) } + [nil]
    }

    private static func token(in path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return token.isEmpty ? nil : token
    }

    /// What the server said, in its own words (RFC 9457).
    private func refused(_ status: UInt, _ body: Data) -> ExitCode {
        struct Problem: Decodable {
            var detail: String
            var errors: [Finding]?
            struct Finding: Decodable {
                var pointer: String
                var detail: String
            }
        }
        guard let problem = try? JSONDecoder().decode(Problem.self, from: body) else {
            return unreachable("it answered status \(status)")
        }
        let findings = (problem.errors ?? []).map { finding in
            // An error of a text has its place in that text.
            finding.pointer == "/document" ? "\n  \(finding.detail)" : "\n  \(finding.pointer): \(finding.detail)"
        }.joined()
        let hint =
            status == 401
            ? "\nUse --token-file, or NINELIVES_TOKEN, or run this as the user who runs the server." : ""
        printError("\(url): \(problem.detail)\(findings)\(hint)")
        return Exit.no
    }

    private func unreachable(_ why: String) -> ExitCode {
        printError(
            "No answer from \(url): \(why).\n"
                + "Is `ninelives serve` or `ninelives demo` running? Use --url to say where its page is.")
        return Exit.unreachable
    }
}

extension String {
    /// Made fit for one segment of a URL's path.
    var pathSegment: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? self
    }
}
