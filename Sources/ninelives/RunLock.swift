import DNS
import Foundation
import Providers

/// Keeps two runs for one record apart: an advisory lock on a file, which ends with the process whatever happens.
struct RunLock: ~Copyable {
    private let descriptor: Int32

    /// nil if another run holds it. Ends the command with exit code 2 if the file cannot be made.
    init?(_ path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            printError("The lock file \(path) cannot be opened: \(String(cString: strerror(errno))). Use --lock.")
            throw Exit.wrong
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    func release() { close(descriptor) }

    /// In the folder for temporary files, one for each user and record.
    static func path(for owner: Name) -> String {
        let letters = owner.apiText.map { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" ? $0 : "_" }
        return "\(FileManager.default.temporaryDirectory.path)/ninelives-failover-\(getuid())-\(String(letters)).lock"
    }
}
