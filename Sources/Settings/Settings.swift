import Addresses
import Checks
import DNS
import Failover
import Foundation

/// One configuration file, read and validated whole.
///
///     text ─► YAML nodes with positions ─► sections, each with its keys (`SettingsKeys`) ─► Settings, or every error
package struct Settings: Sendable {
    package var file: String
    package var dnsListeners: [Listener]
    package var http: Listener
    /// Where what must outlive the process is kept; absolute, or relative to the working directory.
    package var dataFolder: String
    package var zones: [Zone]
    package var configuration: Configuration
    /// What each indicator checks, sorted by name.
    package var checks: [(IndicatorName, any Check)]
    /// What is allowed and probably not meant.
    package var warnings: [SettingsError]

    /// The longest file that is read, octets.
    static let sizeLimit = 16 << 20

    /// Reads a file and whatever zone files it names.
    package static func load(path: String) -> Result<Settings, SettingsErrors> {
        func broken(_ problem: String, _ expected: String) -> Result<Settings, SettingsErrors> {
            let error = SettingsError(
                file: path, line: 1, column: 1, path: "", value: nil, problem: problem, expected: expected)
            return .failure(SettingsErrors(errors: [error]))
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            return broken("the file cannot be read", "the path of a readable YAML file")
        }
        guard data.count <= sizeLimit else { return broken("the file is larger than 16 MiB", "a smaller file") }
        guard let text = String(data: data, encoding: .utf8) else { return broken("the file is not UTF-8", "UTF-8") }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[..<$0]) } ?? "."
        return parse(text, file: path, folder: folder) { file in
            FileManager.default.contents(atPath: file).flatMap { String(data: $0, encoding: .utf8) }
        }
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - file: what the text is called in errors.
    ///   - folder: what relative paths in it are relative to.
    ///   - readFile: the text of a file by its path; nil if it cannot be read.
    package static func parse(
        _ text: String, file: String, folder: String = ".", readFile: (String) -> String? = { _ in nil }
    ) -> Result<Settings, SettingsErrors> {
        withoutActuallyEscaping(readFile) { readFile in
            var reader = SettingsReader(file: file, folder: folder, readFile: readFile)
            return reader.read(text)
        }
    }
}

/// An address and a port to listen on, and where it was written.
package struct Listener: Sendable, CustomStringConvertible {
    package var address: IPAddress
    /// 1…65535.
    package var port: Int
    package var line: Int
    package var column: Int
    /// Where in the tree it was written: `listen.dns[0]`.
    package var path: String

    /// `127.0.0.1:53`, `[::1]:53`.
    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }

    /// Reads `192.0.2.1:53` or `[2001:db8::1]:53`.
    static func parse(_ text: String) -> (address: IPAddress, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            return IPv6Address(host.dropFirst().dropLast()).map { (.v6($0), port) }
        }
        return IPv4Address(host).map { (.v4($0), port) }
    }
}
