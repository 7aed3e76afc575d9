import DNS
import Foundation

/// Reads zone files, and what they include, from the disk.
///
/// An included file is shown to whoever sees the zone or its errors, so a zone file may name only what lies in one
/// folder or below it, links followed: it cannot be made to show the rest of the machine.
package struct ZoneFileAccess {
    /// Reads a whole zone from a file.
    ///
    /// - Parameters:
    ///   - path: of the zone file; `-` is standard input.
    ///   - root: the folder in which included files must lie; nil for the zone file's own.
    /// - Returns: nil if the file cannot be read.
    package static func read(
        _ path: String, origin: Name, root: String? = nil, warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors>? {
        guard let text = text(path) else { return nil }
        let folder = root ?? (path == "-" ? "." : folderOf(path))
        return ZoneFile.parse(text, origin: origin, include: include(within: folder), warn: warn)
    }

    /// What cannot be read twice is kept whole.
    private static func text(_ path: String) -> ZoneText? {
        if path != "-", let text = ZoneText.file(path) { return text }
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle, let data = try? handle.readToEnd() ?? Data() else { return nil }
        return ZoneText(file: path == "-" ? "standard input" : path, bytes: Array(data))
    }

    /// What `$INCLUDE` reads for one zone: nil for a file outside `folder`.
    static func include(within folder: String) -> (String) -> [UInt8]? {
        { path in
            let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
            let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            guard root == "/" || file.hasPrefix(root + "/"),
                let handle = FileHandle(forReadingAtPath: file), let data = try? handle.readToEnd() ?? Data()
            else { return nil }
            return Array(data)
        }
    }

    static func folderOf(_ path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
