import Foundation
import TestSupport

/// A file system of two megabytes in memory.
struct SmallDisk {
    let path: String
    private let folder: TemporaryFolder

    /// Nil, and a word on standard output, where file systems may not be mounted.
    init?() async throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let (output, code) = try await run("mount", ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", path])
        guard code == 0 else {
            print("Not tested with a disk that is full: no file system can be mounted here (\(output))")
            folder.remove()
            return nil
        }
    }

    private var filler: String { "\(path)/filler" }

    /// Leaves no room at all.
    func fill() async throws {
        // dd ends when nothing more goes on the disk.
        for size in ["64k", "4k", "1"] {
            _ = try await run("dd", ["if=/dev/zero", "of=\(filler)", "bs=\(size)", "oflag=append", "conv=notrunc"])
        }
    }

    func empty() async throws { try FileManager.default.removeItem(atPath: filler) }

    func remove() async throws {
        _ = try await run("umount", ["-l", path])
        folder.remove()
    }
}
