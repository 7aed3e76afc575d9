import DNS
import Glibc

extension ZoneText {
    /// A zone file that is read part by part, so that the longest takes little memory; nil if it cannot be read.
    static func file(_ path: String) -> ZoneText? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        close(descriptor)
        guard isFile, status.st_size <= Settings.zoneFileSizeLimit else { return nil }
        return ZoneText(file: path, expectedOctets: Int(status.st_size)) {
            let file = OpenFile(path)
            return { bytes in file.append(to: &bytes) }
        }
    }
}

/// A file that is being read, closed with the last reference to it.
private final class OpenFile {
    private static let partSize = 1 << 18
    private let descriptor: Int32

    init(_ path: String) { descriptor = open(path, O_RDONLY | O_CLOEXEC) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends the next part; false at the end, or where reading fails.
    func append(to bytes: inout [UInt8]) -> Bool {
        let part = [UInt8](unsafeUninitializedCapacity: Self.partSize) { space, count in
            count = max(0, read(descriptor, space.baseAddress, space.count))
        }
        bytes += part
        return !part.isEmpty
    }
}
