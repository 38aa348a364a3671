{
  "targets": [
    {
      "target_name": "missile",
      "sources": [
        "cpp/addon.cc",
        "cpp/cuda_binding.cc",
        "cpp/cuda/contention_probe.cc",
        "cpp/cuda/driver.cc",
        "cpp/cuda/kernel_image.cc",
        "cpp/cuda/library.cc",
        "cpp/cuda/nvml.cc",
        "cpp/cuda/survey.cc",
        "cpp/protocol.cc",
        "cpp/sim/copy_engine.cc",
        "cpp/sim/execution.cc",
        "cpp/sim/kernel_cost.cc",
        "cpp/sim/memory_model.cc",
        "cpp/sim/occupancy.cc",
        "cpp/sim/profile.cc",
        "cpp/sim/simulated_gpu.cc",
        "cpp/sim/sm_placement.cc",
        "cpp/sim/speed.cc",
        "cpp/sim/traffic.cc"
      ],
      "actions": [
        {
          "action_name": "kernels",
          "inputs": ["scripts/build-kernels.mjs", "cpp/cuda/kernels/contention.cu"],
          "outputs": ["<(INTERMEDIATE_DIR)/kernels.cc"],
          "process_outputs_as_sources": 1,
          "action": ["node", "scripts/build-kernels.mjs", "<(INTERMEDIATE_DIR)/kernels.cc"]
        }
      ],
      "include_dirs": ["cpp", "<!@(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": [
        "-std=c++20", "-O3", "-Wall", "-Wextra", "-fexceptions", "-fvisibility=hidden",
        "-ffp-contract=off"
      ],
      "conditions": [["target_arch=='x64' and OS!='win'", { "cflags_cc": ["-mpopcnt"] }]],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "OTHER_CPLUSPLUSFLAGS": ["-O3", "-ffp-contract=off"]
      }
    }
  ]
}
