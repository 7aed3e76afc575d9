import Addresses
import DNSServer
import Foundation
import Settings

/// Where a server's page is, written by the server into its data folder, so that commands on the same machine find it.
struct ServerAddress: Codable, Hashable {
    /// Such as `http://127.0.0.1:8053`: an address at which this machine reaches it.
    var url: String
    /// The file of the page's certificate, which need not be made for that address; nil without TLS.
    var certificate: String?

    init(_ settings: Settings) {
        let listener = settings.http
        let host =
            switch listener.address.description {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            case let host: host
            }
        let places = settings.httpCertificate
        url = "\(places == nil ? "http" : "https")://\(host):\(listener.port)"
        certificate = places.map { URL(fileURLWithPath: $0.files.certificate).path }
    }

    static func path(in folder: String) -> String { (folder as NSString).appendingPathComponent("address.json") }

    /// Only its owner may read it.
    func write(in folder: String) throws {
        let path = Self.path(in: folder)
        let draft = path + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        let text = try JSONEncoder().encode(self)
        guard FileManager.default.createFile(atPath: draft, contents: text, attributes: [.posixPermissions: 0o600]),
            rename(draft, path) == 0
        else { throw CocoaError(.fileWriteUnknown) }
    }

    /// Takes the file away, if it is still this server's.
    func remove(from folder: String) {
        if Self.written(in: folder) == self { try? FileManager.default.removeItem(atPath: Self.path(in: folder)) }
    }

    /// What a server has written there; nil if none runs with that folder, or it may not be read.
    static func written(in folder: String) -> ServerAddress? {
        guard let text = FileManager.default.contents(atPath: path(in: folder)) else { return nil }
        return try? JSONDecoder().decode(ServerAddress.self, from: text)
    }

    /// Whether the file was written by us, or by root: a folder that anybody may make could name anybody's server.
    static func isOwn(in folder: String) -> Bool {
        var status = stat()
        guard stat(path(in: folder), &status) == 0 else { return false }
        return status.st_uid == geteuid() || status.st_uid == 0
    }

    /// Whether somebody listens there; what a killed server has left says nothing.
    var isListening: Bool {
        guard let parts = URLComponents(string: url), let host = parts.host, let port = parts.port else { return false }
        var wanted = addrinfo()
        wanted.ai_flags = AI_NUMERICHOST
        wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard getaddrinfo(name, "\(port)", &wanted, &found) == 0, let found else { return false }
        defer { freeaddrinfo(found) }
        let socket = socket(found.pointee.ai_family, found.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return connect(socket, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0
    }
}
