import Foundation
import TestSupport
import Testing

@testable import Web

/// What our QR codes say to a reader that others have made (zbar).
@Suite struct QRCodeTests {
    /// As a plain bitmap (PBM), four pixels to a module.
    private func bitmap(_ code: QRCode) -> String {
        let side = (code.size + 8) * 4
        var text = "P1\n\(side) \(side)\n"
        for row in 0..<side {
            for column in 0..<side {
                let (x, y) = (column / 4 - 4, row / 4 - 4)
                let isInside = (0..<code.size).contains(x) && (0..<code.size).contains(y)
                text += isInside && code[x, y] ? "1 " : "0 "
            }
            text += "\n"
        }
        return text
    }

    @Test(
        "a reader reads what was written",
        arguments: [
            1,  // version 1, the smallest
            14, 15,  // the last text of version 1, the first of version 2
            90,  // an otpauth address
            122, 123,  // version 7: the version is written beside the data
            213, 214,  // version 10: the length takes 16 bits
            400, 700,  // blocks of two lengths
            997,  // the longest, version 25
        ])
    func reading(length: Int) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let text = String(repeating: "otpauth://totp/Ninelives:ann?secret=", count: 30).prefix(length)
        let code = try #require(QRCode(String(text)))
        try bitmap(code).write(toFile: folder.path + "/code.pbm", atomically: true, encoding: .utf8)
        let output = folder.path + "/read"
        let reader = try ChildProcess(
            "sh",
            [
                "-c", "zbarimg --quiet --raw --nodbus -Sdisable -Sqrcode.enable \"$1\" >\"$2\"", "sh",
                folder.path + "/code.pbm", output,
            ])
        #expect(await reader.end() == 0)
        let read = try String(contentsOfFile: output, encoding: .utf8)
        #expect(read == text + "\n")
    }

    @Test func `a text that is too long has no code`() {
        #expect(QRCode(String(repeating: "a", count: 998)) == nil)
    }
}
