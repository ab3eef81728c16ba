-- holders.lua - drivers that take memory which is not pool: pages that they lock.

local field <const> = "field practice, not cited"

return {
  { name = "balloon.sys", what = "balloon driver",
    text = "the host takes memory back through it (KVM, Proxmox): set the balloon's minimum on the host",
    source = "virtio-win/kvm-guest-drivers-windows#903 and #568", confidence = "high" },
  { name = "vmmemctl.sys", what = "balloon driver",
    text = "the host takes memory back through it (VMware): raise the reservation or end the host's shortage",
    source = "field practice; VMware documentation on ballooning", confidence = "high" },
  { name = "dmvsc.sys", what = "dynamic memory driver",
    text = "the host takes memory back through it (Hyper-V): see the dynamic memory settings of the machine",
    source = "Microsoft documentation, Hyper-V Dynamic Memory", confidence = "high" },
  { name = "xenbus.sys", what = "balloon driver", text = "the host takes memory back through it (Xen)",
    source = field, confidence = "medium" },
  { name = "prl_memdev.sys", what = "balloon driver",
    text = "the host takes memory back through it (Parallels)", source = field, confidence = "low" },
  { name = "nvlddmkm.sys", what = "graphics driver", text = "shares and locks memory with the graphics card",
    source = field, confidence = "low" },
  { name = "amdkmdag.sys", what = "graphics driver", text = "shares and locks memory with the graphics card",
    source = field, confidence = "low" },
}
