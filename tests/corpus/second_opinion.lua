-- second_opinion.lua - where a linear pass over Capstone's instructions gives a call another tag than the
-- scanner, and which of the two is right.  By the driver's SHA-256 and the RVA of the call.
return {
  ["509628b6d16d2428031311d7bd2add8d5f5160e9ecc0cd909f1e82bbbb3234d6"] = {
    -- Two ways meet at the call: one brings 0, the other 0x4746544d.  The scanner
    -- names the tag, with less confidence, and not the 0; the linear pass sees the way it comes by.
    [0xda49] = "both",
  },
}
