import Accounts
import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Settings
import Synchronization

/// How a command finds the server that is running, and proves who asks.
struct ServerOptions: ParsableArguments {
    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "Where the running server's page is.",
            discussion:
                "Without it the server is found that runs on this machine with the data folder of --data, "
                + "./ninelives-data or /var/lib/ninelives, or the demo; if there is none, "
                + "\(RunningServer.standardURL) is asked."))
    var place: String?

    @Option(help: "The data folder of a server on this machine.")
    var data: String?

    @Option(
        help: ArgumentHelp(
            "A file with a token of yours.",
            discussion:
                "Without it NINELIVES_TOKEN is taken, or the running server's own local.token if it is readable.")
    )
    var tokenFile: String?

    var server: RunningServer {
        get throws { try RunningServer(url: place, folder: data, tokenFile: tokenFile) }
    }

    /// Where it is, for what a command says.
    var url: String { (try? server.url) ?? RunningServer.standardURL }
}

/// A running server, asked over its HTTP API.
struct RunningServer {
    let url: String
    private let tokenFile: String?
    /// Whose own token may be taken.
    private let folders: [String]
    /// Is trusted too.
    private let certificate: String?

    static let standardURL = "http://127.0.0.1:8053"
    /// Where a service keeps its data.
    private static let serviceFolder = "/var/lib/ninelives"
    private static var standardFolders: [String] {
        [Settings.standardDataFolder, serviceFolder, DemoCommand.standardFolder]
    }

    /// - Parameters:
    ///   - url: asked whatever else is said.
    ///   - folder: of a server on this machine.
    init(url: String?, folder: String?, tokenFile: String?) throws {
        self.tokenFile = tokenFile
        if let url {
            (self.url, folders, certificate) = (url, folder.map { [$0] } ?? Self.standardFolders, nil)
        } else if let folder {
            guard let address = ServerAddress.written(in: folder) else {
                printError(
                    "No server runs with the data folder \(folder), or you may not read \(ServerAddress.path(in: folder))."
                )
                throw Exit.unreachable
            }
            (self.url, folders, certificate) = (address.url, [folder], address.certificate)
        } else if let (folder, address) = Self.found() {
            (self.url, folders, certificate) = (address.url, [folder], address.certificate)
        } else {
            (self.url, folders, certificate) = (Self.standardURL, Self.standardFolders, nil)
        }
    }

    /// The first that listens.
    private static func found() -> (String, ServerAddress)? {
        standardFolders.lazy.filter { folder in
            ServerAddress.isOwn(in: folder) || geteuid() == 0 && folder == serviceFolder
        }.compactMap { folder in ServerAddress.written(in: folder).map { (folder, $0) } }.first { $0.1.isListening }
    }

    /// Says at once that nobody listens, instead of trying again. They live as long as the command.
    private static let clients = Mutex<[String: HTTPClient]>([:])

    private var client: HTTPClient {
        Self.clients.withLock { clients in
            if let client = clients[certificate ?? ""] { return client }
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.retryConnectionEstablishment = false
            if let certificate {
                // It is made for a name, and asked for at an address of this machine.
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.additionalTrustRoots = [.file(certificate)]
                tls.certificateVerification = .noHostnameVerification
                configuration.tlsConfiguration = tls
            }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[certificate ?? ""] = client
            return client
        }
    }

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

    /// Sends a file; ends the command with the server's own words if it will not have it.
    func upload(_ file: String, to path: String) async throws -> Data {
        let (status, body) = try await send(.POST, path, file: file)
        guard (200..<300).contains(Int(status)) else { throw refused(status, body) }
        return body
    }

    /// Asks with each token there is until one is taken.
    private func send(
        _ method: HTTPMethod, _ path: String, json: String? = nil, ifMatch base: Int? = nil, file: String? = nil
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
            if let file {
                guard let parts = FileParts(of: file) else {
                    printError("\(file) cannot be read.")
                    throw Exit.no
                }
                request.headers.add(name: "Content-Type", value: "application/octet-stream")
                request.body = .stream(parts, length: .known(parts.length))
            }
            do {
                let response = try await client.execute(
                    request, timeout: file == nil ? .seconds(30) : .minutes(15))
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
                + "Is `ninelives serve` or `ninelives demo` running? Use --url to say where its page is, "
                + "or --data to say where it keeps its data.")
        return Exit.unreachable
    }
}

extension String {
    /// Made fit for one segment of a URL's path.
    var pathSegment: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? self
    }
}

/// A file, piece by piece.
private struct FileParts: AsyncSequence, Sendable {
    let path: String
    let length: Int64

    /// Nil if it cannot be read.
    init?(of path: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = attributes[.size] as? Int64 ?? (attributes[.size] as? Int).map(Int64.init)
        else { return nil }
        self.path = path
        length = size
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let file: FileHandle?

        mutating func next() async throws -> ByteBuffer? {
            guard let part = try file?.read(upToCount: 1 << 18), !part.isEmpty else {
                try file?.close()
                return nil
            }
            return ByteBuffer(bytes: part)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: FileHandle(forReadingAtPath: path)) }
}
