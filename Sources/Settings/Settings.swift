import Addresses
import Checks
import DNS
import Failover
import Foundation
import Notices
import Providers

/// One configuration file, read and validated whole.
///
///     text ─► `YAMLText`: nodes with places ─► `SettingsReader`: sections, each with the keys of `SettingsKeys`
///                                                     │
///                            Settings, or every error at once ◄──┘
package struct Settings: Sendable {
    package var file: String
    /// At least one, no two alike.
    package var dnsListeners: [Listener]
    /// DNS over TLS and over HTTPS; none unless configured. No address that `dnsListeners` or `http` have.
    package var encryptedListeners: [EncryptedListener]
    package var http: Listener
    /// The certificate that the page is served with; nil for HTTP in the clear.
    package var httpCertificate: CertificatePlaces?
    /// Whether looking at the page and the API needs no account; without a word of it, while only this machine can.
    package var isReadingOpen: Bool
    /// Whether the status page needs no account, whatever looking needs.
    package var isStatusOpen: Bool
    /// Where what must outlive the process is kept; relative paths begin at the file's folder.
    package var dataFolder: String
    package var history: HistorySettings
    /// What the DNS server says about itself, and how much each client gets.
    package var dns: DNSSettings
    /// In the order in which they are configured; no name twice.
    package var zones: [Zone]
    /// Who may transfer zones and who is told of changes, with their keys.
    package var transfers: TransferPolicy
    package var configuration: Configuration
    /// Who is told of what happens.
    package var notices: NoticeSettings
    /// What each indicator checks, sorted by name; every indicator of `configuration` once.
    package var checks: [(IndicatorName, any Check)]
    /// The accounts, sorted by name; `local` is none of them.
    package var providers: [ProviderSettings] = []
    /// Whom to ask how far a change has got.
    package var propagation = PropagationSettings()
    /// Planned maintenance, in the order in which it is configured.
    package var windows: [MaintenanceWindow]
    package var projects: [Project]
    /// Lines, services and hosts, which are among the indicators and schemes of `configuration`.
    package var appliance = Appliance()
    /// What was made by the page and the API, and is in no file.
    package var managed: ManagedNames
    /// The secret with which any client may report, beside the tokens of the indicators themselves.
    package var reportToken: ReportToken?
    /// Where checks must not go.
    package var forbidden = AddressBan()
    /// What is allowed and probably not meant, by line.
    package var warnings: [SettingsError]
    /// When reading began, seconds since 1970: a file that is newer may have been read as it was before.
    package var readAt: Double
    /// What is wrong with zones that are served as they were read before.
    package var keptZoneErrors: [SettingsError]
    /// The zone files, lists of zones and included files that were read beside it.
    package var files: [String]

    package static let standardDNSListener = "127.0.0.1:5300"
    package static let standardHTTPListener = "127.0.0.1:8053"
    package static let standardDataFolder = "./ninelives-data"
    /// The longest file that is read, octets: 16 MiB.
    package static let sizeLimit = 16 << 20
    /// The longest zone file, octets: 4 GiB.
    package static let zoneFileSizeLimit = 4 << 30
    /// The longest list of zones that is read, octets: 1 GiB.
    package static let zoneListSizeLimit = 1 << 30

    /// Reads a file and whatever zone files it names.
    ///
    /// - Parameter old: zones that stand in for those whose records are broken now; what is wrong with these is then in
    ///   `keptZoneErrors`.
    package static func load(path: String, keeping old: [Zone] = []) -> Result<Settings, SettingsErrors> {
        text(ofFile: path).flatMap { read($0, path: path, keeping: old) }
    }

    /// The text of a configuration file.
    package static func text(ofFile path: String) -> Result<String, SettingsErrors> {
        do {
            return .success(try FileText.read(path))
        } catch {
            switch error {
            case .unreadable: return .failure(.file(path, "cannot be read", "the path of a readable YAML file"))
            case .tooLarge: return .failure(.tooLarge(path))
            case .notUTF8: return .failure(.file(path, "is not UTF-8", "a file in UTF-8"))
            }
        }
    }

    /// Reads a text that stands, or could stand, in the file at `path`, and whatever zone files it names.
    ///
    /// - Parameters:
    ///   - managed: what the page and the API have added.
    ///   - old: as for `load`.
    package static func read(
        _ text: String, path: String, managed: ManagedPart = ManagedPart(), keeping old: [Zone] = []
    ) -> Result<Settings, SettingsErrors> {
        let readAt = Date().timeIntervalSince1970
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        var reader = SettingsReader(
            file: path, folder: folder, readFile: { try? FileText.read($0, limit: zoneListSizeLimit) },
            include: { ZoneFileAccess.include(within: $0) })
        reader.zoneText = ZoneText.file
        for zone in old { reader.oldZones[zone.apex] = zone }
        return reader.read(text, managed: managed).map { settings in
            var settings = settings
            settings.readAt = readAt
            return settings
        }
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - file: what the text is called in errors.
    ///   - folder: what relative paths in it are relative to, without a final `/`.
    ///   - readFile: the text of a file by its path; nil if it cannot be read.
    package static func parse(
        _ text: String, file: String, folder: String = ".", managed: ManagedPart = ManagedPart(),
        readFile: (String) -> String? = { _ in nil }
    ) -> Result<Settings, SettingsErrors> {
        withoutActuallyEscaping(readFile) { readFile in
            var reader = SettingsReader(
                file: file, folder: folder, readFile: readFile,
                include: { _ in { readFile($0).map { Array($0.utf8) } } })
            return reader.read(text, managed: managed)
        }
    }
}

/// Reads files whole, but never more than a limit, whatever the path names.
enum FileText {
    enum Failure: Error {
        case unreadable
        case tooLarge
        case notUTF8
    }

    static func read(_ path: String, limit: Int = Settings.sizeLimit) throws(Failure) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable }
        defer { try? handle.close() }
        let data: Data
        do {
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw .unreadable
        }
        guard data.count <= limit else { throw .tooLarge }
        guard let text = String(data: data, encoding: .utf8) else { throw .notUTF8 }
        return text
    }
}
