import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// How a command finds the server that is running.
struct ServerOptions: ParsableArguments {
    @Option(help: "Where the running server's page is.")
    var url = "http://127.0.0.1:8053"
}

/// A running server, asked over its HTTP API.
struct RunningServer {
    let url: String

    enum Answer {
        case found(Data)
        case notFound
    }

    /// Fetches one document; ends the command with a plain sentence if the server cannot be reached.
    func get(_ path: String) async throws -> Answer {
        let response = try await send(HTTPClientRequest(url: url + path))
        let body = try await response.body.collect(upTo: 64 << 20)
        switch response.status.code {
        case 200: return .found(Data(body.readableBytesView))
        case 404: return .notFound
        default: throw unreachable("it answered status \(response.status.code)")
        }
    }

    /// Orders something; true if it was done, false if there is no such thing.
    func post(_ path: String) async throws -> Bool {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "X-Ninelives", value: "1")
        let response = try await send(request)
        switch response.status.code {
        case 200..<300: return true
        case 404: return false
        default: throw unreachable("it answered status \(response.status.code)")
        }
    }

    private func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            return try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        } catch {
            throw unreachable("\(error)")
        }
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
