import DNS
import Foundation

/// Reads zone files, and what they include, from the disk.
///
/// An included file is shown to whoever sees the zone or its errors, so a zone file may name only what lies in one
/// folder or below it, links followed: it cannot be made to show the rest of the machine.
package struct ZoneFileAccess {
    /// `$INCLUDE` opens so many files for one zone at the most.
    static let includeLimit = 1024

    /// Reads a whole zone from a file.
    ///
    /// - Parameters:
    ///   - path: of the zone file; `-` is standard input.
    ///   - root: the folder in which included files must lie; nil for the zone file's own.
    /// - Returns: nil if the file cannot be read.
    package static func read(
        _ path: String, origin: Name, root: String? = nil, warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors>? {
        let isStandardInput = path == "-"
        let handle = isStandardInput ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle, let data = try? handle.readToEnd() ?? Data() else { return nil }
        let folder = root ?? (isStandardInput ? "." : folderOf(path))
        return ZoneFile.parse(
            Array(data), file: isStandardInput ? "standard input" : path, origin: origin,
            include: include(within: folder), warn: warn)
    }

    /// What `$INCLUDE` reads for one zone: nil for a file outside `folder`.
    static func include(within folder: String) -> (String) -> [UInt8]? {
        let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        var included = 0
        return { path in
            included += 1
            let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            guard included <= includeLimit, root == "/" || file.hasPrefix(root + "/"),
                let handle = FileHandle(forReadingAtPath: file), let data = try? handle.readToEnd() ?? Data()
            else { return nil }
            return Array(data)
        }
    }

    static func folderOf(_ path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
